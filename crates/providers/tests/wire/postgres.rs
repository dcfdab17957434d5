//! The first steps of a PostgreSQL server: it takes a start-up message, asks for the password, and answers.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

use serde::Deserialize;

/// Who must come, and with what.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    user: String,
    database: String,
    password: String,
}

/// Lets each client in, or turns it away, by one SQLSTATE.
pub(crate) struct Server {
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn start(login: Login, sqlstate: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let sqlstate = sqlstate.to_owned();
        thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.unwrap(), &login, &sqlstate).unwrap();
            }
        });
        Self { address }
    }
}

fn serve(mut stream: TcpStream, login: &Login, sqlstate: &str) -> std::io::Result<()> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut start = vec![0; u32::from_be_bytes(length) as usize - 4];
    stream.read_exact(&mut start)?;
    let texts: Vec<_> = start[4..].split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
    let settings: BTreeMap<_, _> =
        texts.chunks(2).map(|pair| (pair[0].to_string(), pair[1].to_string())).collect();
    assert_eq!((&settings["user"], &settings["database"]), (&login.user, &login.database));
    // AuthenticationCleartextPassword
    stream.write_all(b"R\0\0\0\x08\0\0\0\x03")?;
    let mut head = [0; 5];
    stream.read_exact(&mut head)?;
    assert_eq!(head[0], b'p');
    let mut password = vec![0; u32::from_be_bytes(head[1..].try_into().unwrap()) as usize - 4];
    stream.read_exact(&mut password)?;
    assert_eq!(password, format!("{}\0", login.password).as_bytes());
    if sqlstate == "00000" {
        // AuthenticationOk, ReadyForQuery; then the client says goodbye.
        stream.write_all(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I")?;
        let mut goodbye = Vec::new();
        stream.read_to_end(&mut goodbye)?;
        assert_eq!(goodbye, b"X\0\0\0\x04");
        return Ok(());
    }
    let fields = format!("SFATAL\0VFATAL\0C{sqlstate}\0Mno\0\0");
    let length = (fields.len() as u32 + 4).to_be_bytes();
    stream.write_all(&[b"E", length.as_slice(), fields.as_bytes()].concat())
}
