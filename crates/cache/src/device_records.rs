//! The sealed records of the account's devices: what changes by itself, outside the log.

use keymoor_protocol::DeviceId;

use crate::error::Error;
use crate::transaction::{Change, View};

impl View<'_> {
    /// The record of one device, as the bytes of an envelope.
    pub fn device_record(&self, device: DeviceId) -> Result<Option<Vec<u8>>, Error> {
        self.one("SELECT bytes FROM device_record WHERE device = ?1", [device.0], |row| Ok(row.get(0)?))
    }

    /// The records of all devices that are known here, sorted by device.
    pub fn device_records(&self) -> Result<Vec<(DeviceId, Vec<u8>)>, Error> {
        self.all("SELECT device, bytes FROM device_record ORDER BY device", (), |row| {
            Ok((DeviceId(row.get("device")?), row.get("bytes")?))
        })
    }
}

impl Change<'_> {
    /// Keeps the record of a device in the place of an earlier one.
    pub fn put_device_record(&mut self, device: DeviceId, bytes: &[u8]) -> Result<(), Error> {
        self.execute("REPLACE INTO device_record (device, bytes) VALUES (?1, ?2)", (&device.0, bytes))
            .map(drop)
    }

    /// Drops it: the account has no such device any more.
    pub fn drop_device_record(&mut self, device: DeviceId) -> Result<(), Error> {
        self.execute("DELETE FROM device_record WHERE device = ?1", [device.0]).map(drop)
    }
}
