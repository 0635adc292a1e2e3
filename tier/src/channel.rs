//! Secure connections: TLS configurations, the accept loop, dialling, and the limits a server keeps.
