"""PyPI personio-client: persons and employments of v2."""

import asyncio
import os

from calls import some, tell
from personio_client import PersonioClient as Client


async def do(name, made, wants=None):
    try:
        answer = await made
        wrong = wants(answer) if wants else None
    except Exception as error:
        tell(name, f"{type(error).__name__}: {error}")
        return None
    tell(name, wrong)
    return answer


async def collected(items, most=60):
    found = []
    async for item in items:
        found.append(item)
        if len(found) == most:
            break
    return found


async def main():
    async with Client(
        os.environ["PERSONIO_CLIENT_ID"], os.environ["PERSONIO_CLIENT_SECRET"], base_url=os.environ["PERSONIO_BASE_URL"]
    ) as client:
        persons = await do("iter_persons", collected(client.iter_persons()), wants=some)
        await do("get_persons", client.get_persons(limit=5))
        id = persons[0].id if persons else "0"
        await do("get_person", client.get_person(id))
        employments = await do("iter_employments", collected(client.iter_employments(id)), wants=some)
        employment = employments[0].id if employments else "0"
        await do("get_employment", client.get_employment(id, employment))


asyncio.run(main())
