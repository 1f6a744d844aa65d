"""The local store: one encrypted SQLite file in which a loan becomes durable (kiosk.ports.store on SQLCipher)."""
