"""The profiles, with the real programs where they can be had: see `neighbors`."""

import asyncio

import httpx
import pytest
from aiohttp.test_utils import unused_port

from tests.bot.telegram.server import TOKEN
from tests.compose.neighbors import available, build_stand_in, image_of, stand_ins
from tests.compose.photos import JPEG, people_get_answers
from tests.compose.project import docker, until

ANSWERED = """
from urllib.request import urlopen
lines = urlopen("http://127.0.0.1:8000/metrics").read().decode().splitlines()
print(sum(float(line.split()[-1]) for line in lines
    if line.startswith("api_requests_total") and "/v1/" in line and '"200"' in line))
"""


def healthy_targets(prometheus):
    """How many processes Prometheus reads numbers from."""
    targets = httpx.get(f"{prometheus}/api/v1/targets").json()["data"]["activeTargets"]
    return [target["health"] for target in targets].count("up")


@pytest.fixture
async def scaled(project, telegram):
    """Two of each with webhooks; the gateway's address is `gateway`."""
    port = unused_port()
    images = await asyncio.to_thread(stand_ins, "CADDY_IMAGE", "REDIS_IMAGE")
    up = project(
        "scale",
        **images,
        PUBLISH_API="127.0.0.1:0",
        PUBLISH_HTTP=f"127.0.0.1:{port}",
        PUBLISH_HTTPS=f"127.0.0.1:{unused_port()}",
        BOT_TOKEN=TOKEN,
        BOT_API_SERVER=telegram.base_url,
        BOT_WEBHOOK_URL=f"http://127.0.0.1:{port}/telegram",
        BOT_WEBHOOK_SECRET="a-secret_of-the-test",
    )
    await asyncio.to_thread(up.up)
    return up


async def test_two_of_each_share_the_work(scaled, telegram):
    apis = scaled.containers("api")
    assert (len(apis), len(scaled.containers("bot"))) == (2, 2)

    async with httpx.AsyncClient(base_url=scaled.address("gateway", 80), timeout=60) as client:
        sent = [client.post("/v1/annotate", files={"photo": JPEG}) for _ in range(8)]
        assert {reply.status_code for reply in await asyncio.gather(*sent)} == {200}
        assert (await client.get("/metrics")).status_code == 404
        assert (await client.post("/telegram", json={"update_id": 1})).status_code == 401
    await people_get_answers(telegram, first_user=100, people=6)
    assert min(float(scaled.python(api, ANSWERED)) for api in apis) > 0

    await asyncio.gather(
        people_get_answers(telegram, first_user=200, people=6),
        asyncio.to_thread(scaled.crash, apis[0]),
    )
    await asyncio.gather(
        people_get_answers(telegram, first_user=300, people=6),
        asyncio.to_thread(scaled.crash, scaled.containers("bot")[0]),
    )
    await asyncio.to_thread(scaled.up)  # what was killed is there again
    await asyncio.to_thread(scaled.compose, "stop")
    assert {name: codes for name, codes in scaled.exit_codes().items() if codes != {0}} == {}


def test_prometheus_finds_every_replica(project):
    images = stand_ins("PROMETHEUS_IMAGE")
    up = project(
        "metrics",
        **images,
        PUBLISH_API="127.0.0.1:0",
        REPLICAS_OF_API=2,
        PUBLISH_PROMETHEUS=f"127.0.0.1:{unused_port()}",
    )
    up.up("api", "prometheus")
    address = up.address("prometheus", 9090)

    until(lambda: healthy_targets(address) == 2)


def test_grafana_shows_the_dashboard(project):
    if not available(image_of("GRAFANA_IMAGE")):
        pytest.skip("no image of Grafana can be had here")
    up = project("metrics", PUBLISH_GRAFANA=f"127.0.0.1:{unused_port()}")
    up.up("grafana")
    address = up.address("grafana", 3000)

    until(lambda: httpx.get(f"{address}/api/dashboards/uid/photo-appeal").status_code == 200)


async def test_the_bot_can_read_what_a_local_server_downloads(project, telegram):
    """The server's own program needs an account; here is what it does with files."""
    up = project(
        "local-bot-api",
        TELEGRAM_BOT_API_IMAGE=await asyncio.to_thread(build_stand_in, "TELEGRAM_BOT_API_IMAGE"),
        BOT_TOKEN=TOKEN,
        BOT_API_SERVER=telegram.base_url,
        BOT_API_LOCAL="true",
    )
    await asyncio.to_thread(up.up)
    (server,), (bot,) = up.containers("telegram-bot-api"), up.containers("bot")
    photo = "/var/lib/telegram-bot-api/123456:a-token/photos/file_0.jpg"

    docker("exec", server, "sh", "-c", "umask 027; mkdir -p ${0%/*}; echo pixels > $0", photo)
    assert up.python(bot, f"print(open({photo!r}).read())").strip() == "pixels"
    assert up.python(bot, f"import os; print(os.access({photo!r}, os.W_OK))").strip() == "False"
