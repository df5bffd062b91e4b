"""Requests on stdin, a line each; answers and events on stdout. Texts travel as base64."""

import asyncio
import base64
import json
import sys
import threading


def say(*words):
    sys.stdout.write(" ".join(str(word) for word in words) + "\n")
    sys.stdout.flush()


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def number(value):
    """1 for 1.0, as the server sent it."""
    return int(value) if value == int(value) else value


def notified(data):
    say("notified", json.dumps(data, separators=(",", ":")))


def progressed(progress):
    say("progressed", number(progress))


async def requests():
    """The lines of stdin, each as a list of words."""
    queue, loop = asyncio.Queue(), asyncio.get_running_loop()

    def read():
        for line in sys.stdin:
            loop.call_soon_threadsafe(queue.put_nowait, line.split())
        loop.call_soon_threadsafe(queue.put_nowait, None)

    threading.Thread(target=read, daemon=True).start()
    while (words := await queue.get()) is not None:
        yield words


async def serve(tools, call):
    """Carries out requests, and returns the number of the one that asks for the close."""
    say("ready")
    running = set()
    async for number, *words in requests():
        if words[0] == "close":
            return number
        task = asyncio.create_task(carry_out(number, words, tools, call))
        running.add(task)
        task.add_done_callback(running.discard)


async def carry_out(number, words, tools, call):
    try:
        if words[0] == "tools":
            text = " ".join(await tools())
        else:
            text = await call(words[1], words[0] == "progress")
        say(number, "ok", encoded(text))
    except Exception as error:  # whatever the SDK throws
        say(number, "error", encoded(repr(error)))
