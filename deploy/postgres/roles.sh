#!/bin/sh
# Runs once, when the database is made: one schema and one role for each service.
# The tables belong to the role that migrates; a service may read and change rows, nothing else, in its own schema only.
set -eu

make_role() {
  psql --set=ON_ERROR_STOP=1 --quiet --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set=service="$1" --set=password="$2" --set=owner="$POSTGRES_USER" <<'SQL'
CREATE ROLE :"service" LOGIN PASSWORD :'password';
CREATE SCHEMA :"service";
GRANT USAGE ON SCHEMA :"service" TO :"service";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA :"service"
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"service";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA :"service"
  GRANT USAGE ON SEQUENCES TO :"service";
SQL
}

make_role scoring "$SCORING_DB_PASSWORD"
make_role notifier "$NOTIFIER_DB_PASSWORD"
