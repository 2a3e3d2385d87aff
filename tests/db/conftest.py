"""What the database does holds on SQLite and on PostgreSQL: each test here runs on both."""

import dialects

dialect = dialects.dialect
