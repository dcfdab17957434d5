//! Lends keys to local programs on 127.0.0.1.
