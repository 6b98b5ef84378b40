"""A Bot API server on loopback that forgives nothing: what real Telegram would refuse, or only
punish later, is refused or counted here."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from tests.bot.telegram.faults import Faults
from tests.bot.telegram.limits import Limits
from tests.bot.telegram.people import BOT, People, Update, hidden_by_privacy_mode
from tests.bot.telegram.sending import SENDERS, RefusalError, Sent, text_of

TOKEN = "123456:TEST-token_of-the_fake"
MAX_DOWNLOAD = 20_000_000


@dataclass
class Rule:
    """Refuses the next `times` calls of `method` whose parameters are such."""

    method: str
    description: str
    status: int = 400
    times: int = 1_000_000
    when: Callable[[dict[str, str]], object] = lambda _: True

    def apply(self, method: str, parameters: dict[str, str]) -> None:
        if method == self.method and self.times and self.when(parameters):
            self.times -= 1
            raise RefusalError(self.status, self.description)


@dataclass
class FakeTelegram:
    """The server's state, and what tests do with it."""

    people: People = field(default_factory=People)
    faults: Faults = field(default_factory=Faults)
    limits: Limits = field(default_factory=Limits)
    sent: list[Sent] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    commands: dict[str, list[str]] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    blocked: set[int] = field(default_factory=set)
    migrated: dict[int, int] = field(default_factory=dict)
    rules: list["Rule"] = field(default_factory=list)
    """What is refused of what would be in order."""
    privacy_mode: bool = False
    """As a new bot has it: of groups only what is meant for bots is delivered."""
    webhook: dict[str, str] = field(default_factory=dict)
    pending: list[Update] = field(default_factory=list)
    local_folder: Path | None = None
    """As with --local: files are given as paths in here."""
    base_url: str = ""
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _polls: int = 0

    async def deliver(self, *updates: Update) -> None:
        """Let the bot have these updates."""
        async with self._news:
            self.pending.extend(each for each in updates if self._sees(each))
            self._news.notify_all()

    def refuse(self, method: str, description: str, **details: Any) -> None:
        """Answer calls of `method` with this refusal."""
        self.rules.append(Rule(method, description, **details))

    def _sees(self, update: Update) -> bool:
        return not (self.privacy_mode and hidden_by_privacy_mode(update))

    def answers_to(self, update: Update) -> list[Sent]:
        """What was sent in reply to the update's message."""
        message = update["message"]
        here = message["chat"]["id"]
        chats = {here, self.migrated.get(here)}
        replied = [sent for sent in self.sent if sent.chat_id in chats]
        return [sent for sent in replied if sent.reply_to == message["message_id"]]

    def pictures_for(self, update: Update) -> list[Sent]:
        """The answers with a picture: no words about waiting."""
        return [sent for sent in self.answers_to(update) if sent.files]

    def texts(self, chat_id: int) -> list[str]:
        """Words and captions sent to the chat."""
        return [text_of(sent) for sent in self.sent if sent.chat_id == chat_id]

    async def until(self, condition: Callable[[], object], *, timeout_s: float = 60) -> None:
        """Wait for the condition; fails with what was sent so far."""
        try:
            async with asyncio.timeout(timeout_s):
                while not condition():  # noqa: ASYNC110 - any condition, not only the fake's own
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"did not happen; sent: {self.sent[-5:]}") from None

    # --- the server ---------------------------------------------------------------------------

    async def call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.calls[method] += 1
        try:
            return await self.faults.around(request, method, self._call)
        except ConnectionResetError:  # the bot was killed in the middle
            return web.Response()

    async def _call(self, request: web.Request) -> web.Response:
        try:
            return _reply(await self._result(request))
        except RefusalError as refusal:
            self.refusals.append(f"{request.match_info['method']}: {refusal.description}")
            return _reply(refusal)

    async def _result(self, request: web.Request) -> Any:
        if request.match_info["token"] != TOKEN:
            raise RefusalError(401, "Unauthorized")
        method = request.match_info["method"]
        parameters, files = await _form(request)
        for rule in self.rules:
            rule.apply(method, parameters)
        if method in SENDERS:
            return SENDERS[method](self, parameters, files)
        own = getattr(self, f"_{method}", None)
        if own is None:
            raise RefusalError(404, "Not Found")
        return await own(**parameters)

    async def _getMe(self) -> dict[str, Any]:
        return BOT | {"can_read_all_group_messages": not self.privacy_mode}

    async def _getUpdates(
        self, offset: str = "0", timeout: str = "0", allowed_updates: str = "[]"
    ) -> list[Update]:
        if self.webhook:
            raise RefusalError(409, "Conflict: can't use getUpdates method while webhook is active")
        self._polls += 1
        this = self._polls
        async with self._news:
            self.pending = [each for each in self.pending if each["update_id"] >= int(offset)]
            self._news.notify_all()
            try:
                async with asyncio.timeout(int(timeout)):
                    await self._news.wait_for(lambda: self.pending or self._polls != this)
            except TimeoutError:
                return []
        if self._polls != this:
            raise RefusalError(409, "Conflict: terminated by other getUpdates request")
        return self.pending[:100]

    async def _setWebhook(self, url: str, secret_token: str, allowed_updates: str) -> bool:
        async with self._news:
            self.webhook = {"url": url, "secret": secret_token}
            self._news.notify_all()
        return True

    async def _deleteWebhook(self, drop_pending_updates: str | None = None) -> bool:
        if drop_pending_updates:
            raise RefusalError(400, "the bot must never drop what waits")
        self.webhook = {}
        return True

    async def _setMyCommands(self, commands: str, language_code: str = "") -> bool:
        self.commands[language_code] = [each["command"] for each in json.loads(commands)]
        return True

    async def _sendChatAction(
        self, chat_id: str, action: str, message_thread_id: str | None = None
    ) -> bool:
        assert action == "upload_photo"
        return True

    async def _answerCallbackQuery(self, callback_query_id: str, text: str = "") -> bool:
        self.sent.append(Sent("answerCallbackQuery", 0, {"text": text}))
        return True

    async def _getFile(self, file_id: str) -> dict[str, Any]:
        content = self.people.files.get(file_id)
        if content is None:
            raise RefusalError(
                400, "Bad Request: wrong file_id or the file is temporarily unavailable"
            )
        if len(content) > MAX_DOWNLOAD:
            raise RefusalError(400, "Bad Request: file is too big")
        path = f"photos/{file_id}"
        if self.local_folder:
            path = str(self.local_folder / file_id)
            await asyncio.to_thread(Path(path).write_bytes, content)
        return {"file_id": file_id, "file_unique_id": "unique", "file_path": path}

    async def download(self, request: web.Request) -> web.StreamResponse:
        return await self.faults.around(request, "download", self._download)

    async def _download(self, request: web.Request) -> web.Response:
        is_broken = request.match_info["file_id"] in self.people.broken
        if is_broken or request.match_info["token"] != TOKEN:
            return web.Response(status=404)
        return web.Response(body=self.people.files[request.match_info["file_id"]])

    async def push_updates(self) -> None:
        """Deliver to the webhook in order; an update stays until it is answered with 200."""
        async with aiohttp.ClientSession() as http:
            while True:
                async with self._news:
                    await self._news.wait_for(lambda: self.pending and self.webhook)
                if await self._pushed(http, self.pending[0]):
                    self.pending.pop(0)
                else:
                    await asyncio.sleep(0.1)

    async def _pushed(self, http: aiohttp.ClientSession, update: Update) -> bool:
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook["secret"]}
        try:
            async with http.post(self.webhook["url"], json=update, headers=headers) as reply:
                return reply.status == 200
        except aiohttp.ClientError:
            return False


@asynccontextmanager
async def fake_telegram(*, host: str = "127.0.0.1") -> AsyncIterator[FakeTelegram]:
    """A server with nothing pending, on an address of this machine."""
    telegram = FakeTelegram()
    app = web.Application(client_max_size=60_000_000)
    app.router.add_route("*", "/bot{token}/{method}", telegram.call)
    app.router.add_get("/file/bot{token}/photos/{file_id}", telegram.download)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, host, 0).start()
    telegram.base_url = f"http://{host}:{runner.addresses[0][1]}"
    pushing = asyncio.create_task(telegram.push_updates())
    try:
        yield telegram
    finally:
        pushing.cancel()
        await runner.cleanup()


async def _form(request: web.Request) -> tuple[dict[str, str], dict[str, bytes]]:
    parameters: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[name] = value.file.read()
        else:
            parameters[name] = str(value)
    return parameters, files


def _reply(result: Any) -> web.Response:
    if isinstance(result, RefusalError):
        body = {"ok": False, "error_code": result.status, "description": result.description}
        if result.parameters:
            body["parameters"] = result.parameters
        return web.json_response(body, status=result.status)
    return web.json_response({"ok": True, "result": result})
