#!/usr/bin/env bash
# Makes the roles of docs/operations.md: the image of PostgreSQL runs this once, when its volume is empty.
set -euo pipefail
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\set owner_password `cat /run/secrets/database-owner-password`
\set app_password `cat /run/secrets/database-password`
create role wxa_owner login password :'owner_password';
create role wxa_app login password :'app_password';
alter database :"DBNAME" owner to wxa_owner;
-- The superuser logs in by the socket in the container only.
alter role :"USER" password null;
SQL
