//! Contents over generated histories: three actors who edit, delete, restore, settle and merge in any order.

mod histories;
mod labels;
mod later;
mod merges;
mod payloads;
