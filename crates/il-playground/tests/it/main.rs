//! The playground from outside: over raw sockets as an attacker would, and in a real browser as a user does.

mod browser;
mod fixture;
mod http;
mod scripted_server;
mod security;
mod socket;
