//! The catalogue of providers: recognise, verify, rotate.
