//! The two kinds of transaction: a [`View`] reads, a [`Change`] reads and writes. What they offer is in the files by topic.

use std::cell::RefCell;
use std::ops::Deref;

use rusqlite::{Connection, Params, Row};

use crate::error::Error;

/// Which moment a view shows. The same as another one only if nothing was changed between the two, by whomever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// SQLite's number for what the others changed.
    others: i64,
    /// What this connection changed.
    own: u64,
    /// Which connection: the numbers are its own.
    connection: u64,
}

/// The cache at one moment.
pub struct View<'a> {
    connection: &'a Connection,
    number: u64,
    /// The buckets whose hash is not that of their entries any more, in a write.
    touched: RefCell<[bool; 256]>,
}

impl<'a> View<'a> {
    /// `number` tells the connection from others of this process.
    pub(crate) fn new(connection: &'a Connection, number: u64) -> Self {
        Self { connection, number, touched: RefCell::new([false; 256]) }
    }

    /// Which moment this is. Cheap to ask.
    pub fn moment(&self) -> Result<Moment, Error> {
        let others = self.one("PRAGMA data_version", (), |row| Ok(row.get(0)?))?.ok_or(Error::Damaged)?;
        Ok(Moment { others, own: self.connection.total_changes(), connection: self.number })
    }

    pub(crate) fn connection(&self) -> &'a Connection {
        self.connection
    }

    /// Hands over the buckets to be hashed anew.
    pub(crate) fn take_touched(&self) -> impl Iterator<Item = u8> + use<> {
        let touched = self.touched.replace([false; 256]);
        (0..=u8::MAX).filter(move |number| touched[usize::from(*number)])
    }

    /// The first row, if there is one.
    pub(crate) fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        self.connection.prepare_cached(sql)?.query(params)?.next()?.map(read).transpose()
    }

    /// Every row.
    pub(crate) fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read(row)?);
        }
        Ok(found)
    }

    /// Changes rows, and says how many. Only for [`Change`] and for what a view owes to itself.
    pub(crate) fn execute(&self, sql: &str, params: impl Params) -> Result<usize, Error> {
        Ok(self.connection.prepare_cached(sql)?.execute(params)?)
    }
}

/// A change of the cache, under way. It reads its own writes.
pub struct Change<'a>(View<'a>);

impl<'a> Change<'a> {
    pub(crate) fn new(connection: &'a Connection, number: u64) -> Self {
        Self(View::new(connection, number))
    }

    pub(crate) fn touch(&mut self, bucket: u8) {
        self.0.touched.get_mut()[usize::from(bucket)] = true;
    }

    /// What every commit ends with. `before` is the connection's count of changes when the transaction began.
    pub(crate) fn finish(self, before: u64) -> Result<(), Error> {
        self.settle()?;
        if self.connection.total_changes() != before {
            self.execute("UPDATE change_counter SET value = value + 1", ())?;
        }
        Ok(())
    }
}

impl<'a> Deref for Change<'a> {
    type Target = View<'a>;

    fn deref(&self) -> &View<'a> {
        &self.0
    }
}
