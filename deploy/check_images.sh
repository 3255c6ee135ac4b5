#!/bin/sh
# Builds the image and runs every process in it without a Docker engine: as an ordinary uid, with a read-only root and
# without capabilities, beside an embedded broker and an embedded PostgreSQL with the roles of docker-compose.yml.
#
#   deploy/check_images.sh
#
# Needs root, buildah, podman, runc, debootstrap (all in Debian) and the virtual environment that `make` makes.
#   BASE=...           build on this image, not on a stand-in made with debootstrap
#   DEBIAN_MIRROR=...  where debootstrap gets its packages, if not from where it does by itself
#   PYTHON=...         a Python with Hikitome and its `local` extra (default .venv/bin/python)
#   KEEP=1             keep the image; the stand-in is always kept, as $STAND_IN
set -eu
cd "$(dirname "$0")/.."

IMAGE=localhost/hikitome:check
STAND_IN=localhost/hikitome-python-base
MIRROR=${DEBIAN_MIRROR:-}
PYTHON=${PYTHON:-.venv/bin/python}
SERVICES="ingest scoring notifier"

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

for tool in buildah podman runc; do
  command -v "$tool" >/dev/null || fail "$tool is missing: apt-get install buildah podman runc debootstrap"
done
work=$(mktemp -d)
chmod 711 "$work"  # PostgreSQL doesn't run as root and must get at its folder
pids=

finish() {
  for service in $SERVICES; do podman rm -f -t 0 "hikitome-check-$service" >/dev/null 2>&1 || true; done
  for pid in $pids; do kill -INT "$pid" 2>/dev/null || true; done
  for pid in $pids; do while kill -0 "$pid" 2>/dev/null; do sleep 0.2; done; done
  [ -n "${KEEP:-}" ] || buildah rmi -f "$IMAGE" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

make_stand_in() {
  command -v debootstrap >/dev/null || fail "debootstrap is missing; install it or set BASE="
  say "making a stand-in for the base image"
  debootstrap --variant=minbase --include=python3,python3-venv,python3-pip,ca-certificates \
    bookworm "$work/base" ${MIRROR:+"$MIRROR"} >"$work/debootstrap.log" 2>&1 || { tail "$work/debootstrap.log"; exit 1; }
  ln -sf python3 "$work/base/usr/bin/python"
  container=$(buildah from scratch)
  buildah copy -q "$container" "$work/base" / >/dev/null
  buildah commit -q --rm "$container" "$STAND_IN" >/dev/null
  rm -rf "$work/base"
}

build() {
  # This machine's way to the package index is lent to the build, not copied into the image.
  set --
  for file in /etc/pip.conf /etc/ssl/certs/ca-certificates.crt; do
    [ ! -r "$file" ] || set -- "$@" --volume "$file:$file:ro"
  done
  say "building on $BASE"
  buildah bud --isolation chroot --ulimit nofile=1024:1024 --format docker --build-arg "BASE=$BASE" "$@" \
    -f deploy/Dockerfile -t "$IMAGE" . >"$work/build.log" 2>&1 || { tail -40 "$work/build.log"; exit 1; }
  buildah images "$IMAGE"
}

# As docker-compose.yml runs it. The network is the host's, for there may be no right to make one.
run() {
  podman --runtime runc --cgroup-manager cgroupfs run --network host --ulimit nofile=1024:1024 \
    --ulimit nproc=1000:1000 --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
    --no-healthcheck "$@"
}

# Sets KAFKA, DATABASE (host:port), OWNER_PASSWORD, PROGRAMS, pids and two ports for each service.
start_neighbours() {
  say "starting a broker and a PostgreSQL"
  "$PYTHON" - "$work" >"$work/neighbours" <<'PY'
import asyncio, sys
from pathlib import Path

from deploy.local.broker import broker
from deploy.local.ports import free_port
from deploy.local.postgres import ensure_database, prepare, wait_ready
from deploy.local.process import start

folder = Path(sys.argv[1])
tansu, postgres = broker(free_port()), prepare(folder / "postgres", free_port(), durable=False)
pids = []
for command in (tansu.command(), postgres.command()):
    with (folder / f"{command.name}.log").open("wb") as log:
        pids.append(start(command, log).pid)

async def make() -> None:
    await wait_ready(postgres)
    await ensure_database(postgres, "hikitome")

asyncio.run(make())
print(f"KAFKA={tansu.bootstrap} DATABASE=127.0.0.1:{postgres.port} OWNER_PASSWORD={postgres.password}")
print(f"PROGRAMS={postgres.programs} pids='{pids[0]} {pids[1]}'")
for service in ("ingest", "scoring", "notifier"):
    print(f"{service}_port={free_port()} {service}_admin={free_port()}")
PY
  . "$work/neighbours"
  PATH="$PROGRAMS:$PATH" PGHOST=127.0.0.1 PGPORT="${DATABASE#*:}" PGPASSWORD="$OWNER_PASSWORD" POSTGRES_USER=hikitome \
    POSTGRES_DB=hikitome SCORING_DB_PASSWORD=scoringpassword NOTIFIER_DB_PASSWORD=notifierpassword \
    sh deploy/postgres/roles.sh
}

# Tansu knows no idempotent producer, and doesn't wake a waiting fetch.
to_kafka() {
  printf '%s ' -e "HIKITOME_KAFKA_BOOTSTRAP=$KAFKA" -e HIKITOME_KAFKA_IDEMPOTENT=false -e HIKITOME_KAFKA_FETCH_MAX_WAIT_MS=10
}

start_service() {
  service=$1 port=$2 admin=$3
  shift 3
  # shellcheck disable=SC2046 # the options are meant to be split
  run -d --name "hikitome-check-$service" $(to_kafka) -e "HIKITOME_PORT=$port" -e "HIKITOME_ADMIN_PORT=$admin" "$@" \
    "$IMAGE" python -m "services.$service" >/dev/null
}

answers() { "$PYTHON" -c 'import sys, urllib.request as web; web.urlopen(sys.argv[1], timeout=3)' "$1" 2>/dev/null; }

check_service() {
  service=$1 admin=$2 left=60
  until answers "http://127.0.0.1:$admin/readyz"; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || { podman logs "hikitome-check-$service"; fail "$service is not ready"; }
    sleep 0.5
  done
  answers "http://127.0.0.1:$admin/healthz" || fail "$service is not healthy"
  answers "http://127.0.0.1:$admin/metrics" || fail "$service has no metrics"
  check=$(podman image inspect --format '{{index .HealthCheck.Test 3}}' "$IMAGE")
  podman --runtime runc --cgroup-manager cgroupfs exec "hikitome-check-$service" python -c "$check" ||
    fail "the image's health check fails for $service"
  echo "$service: ready, healthy, metrics, the image's own health check"
}

# A service that follows a topic is at work when it owns all 12 partitions of it.
wait_for_partitions() {
  service=$1 admin=$2 topic=$3 left=60
  line="hikitome_consumer_assigned_partitions{topic=\"$topic\"} 12.0"
  until "$PYTHON" -c '
import sys, urllib.request as web
sys.exit(sys.argv[2] not in web.urlopen(sys.argv[1], timeout=3).read().decode())' "http://127.0.0.1:$admin/metrics" "$line"; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || { podman logs "hikitome-check-$service"; fail "$service doesn't follow $topic"; }
    sleep 0.5
  done
  echo "$service: owns all partitions of $topic"
}

stop_service() {
  podman --runtime runc --cgroup-manager cgroupfs stop -t 15 "hikitome-check-$1" >/dev/null
  code=$(podman inspect --format '{{.State.ExitCode}}' "hikitome-check-$1")
  [ "$code" = 0 ] || { podman logs "hikitome-check-$1" | tail -20; fail "$1 ended with $code on SIGTERM"; }
  echo "$1: drained and ended with 0 on SIGTERM"
}

if [ -z "${BASE:-}" ]; then
  BASE=$STAND_IN
  buildah inspect --type image "$STAND_IN" >/dev/null 2>&1 || make_stand_in
fi
build

say "who it runs as, and where it can write"
run --rm "$IMAGE" python -c '
import os, pathlib
assert os.getuid() == os.getgid() == 10001
for place in ("/opt/hikitome/x", "/x", "/var/lib/hikitome/x"):
    try:
        pathlib.Path(place).write_text("x")
    except OSError:
        continue
    raise SystemExit(f"could write {place}")
pathlib.Path("/tmp/x").write_text("x")
print("uid 10001; only /tmp is writable")
'

say "the command line"
run --rm "$IMAGE" hikitome --help

start_neighbours
say "the jobs"
# shellcheck disable=SC2046
run --rm $(to_kafka) "$IMAGE" hikitome topics
run --rm -e "HIKITOME_POSTGRES_DSN=postgresql://hikitome:$OWNER_PASSWORD@$DATABASE/hikitome" "$IMAGE" hikitome migrate

say "the services"
mkdir "$work/shops" "$work/spool"
chown 10001:10001 "$work/spool"
cat >"$work/shops/shops.toml" <<'TOML'
[[shops]]
id = "check"
carts = [{ cart = "shopify", secrets = ["not-a-secret"] }]
TOML
start_service ingest "$ingest_port" "$ingest_admin" -v "$work/shops:/etc/hikitome:ro" \
  -v "$work/spool:/var/lib/hikitome/spool" -e HIKITOME_SHOPS_FILE=/etc/hikitome/shops.toml \
  -e HIKITOME_SPOOL_FILE=/var/lib/hikitome/spool/spool.sqlite
start_service scoring "$scoring_port" "$scoring_admin" \
  -e "HIKITOME_POSTGRES_DSN=postgresql://scoring:scoringpassword@$DATABASE/hikitome"
start_service notifier "$notifier_port" "$notifier_admin" \
  -e "HIKITOME_POSTGRES_DSN=postgresql://notifier:notifierpassword@$DATABASE/hikitome" \
  -e 'HIKITOME_UNSUBSCRIBE_SECRETS=["not-a-secret"]'
check_service ingest "$ingest_admin"
check_service scoring "$scoring_admin"
check_service notifier "$notifier_admin"
wait_for_partitions scoring "$scoring_admin" customer-events
wait_for_partitions notifier "$notifier_admin" churn-risk

say "an unsigned webhook is refused by ingest in its container"
"$PYTHON" - "http://127.0.0.1:$ingest_port/webhooks/check/shopify" <<'PY'
import sys, urllib.error, urllib.request

try:
    urllib.request.urlopen(urllib.request.Request(sys.argv[1], data=b"{}", method="POST"), timeout=5)
except urllib.error.HTTPError as error:
    assert error.code == 401, error.code
    print("401")
else:
    raise SystemExit("accepted")
PY

say "the end"
for service in $SERVICES; do stop_service "$service"; done
echo "all good"
