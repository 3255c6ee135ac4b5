"""The whole system on one machine: embedded PostgreSQL, embedded broker, the services, a mail catcher."""
