"""The words of the protocol and the frames around them; no Django, no asyncio."""
