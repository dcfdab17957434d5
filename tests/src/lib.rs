//! Whole stories across devices, homes and a real server.
