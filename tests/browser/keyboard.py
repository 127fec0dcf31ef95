"""A person who has no mouse: Tab, Shift+Tab, Space, Enter, arrows and typing, nothing else."""

from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page

MOST_STOPS = 300  # more looks than any page needs: what is not met by then can't be reached

# Which way to go: "here", "Tab" or "Shift+Tab", and how many presses at least before it is worth
# looking again: half of what lies between. Radio buttons of one group are one stop.
_WAY = """(selector) => {
  const target = document.querySelector(selector), at = document.activeElement;
  if (!target) return ["missing", 0];
  if (at === target) return ["here", 0];
  const group = (one) => one.type === "radio" && one.name;
  if (group(at) && group(at) === group(target) && at.form === target.form) return ["group", 1];
  if (!at || at === document.body) return ["Tab", 1];
  const before = (one, other) =>
    one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING;
  const [first, last] = before(at, target) ? [at, target] : [target, at];
  const between = [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
    .filter(one => one.type !== "radio" && one.type !== "hidden" && one.checkVisibility()
      && before(first, one) && before(one, last));
  return [first === at ? "Tab" : "Shift+Tab", Math.max(1, Math.floor(between.length / 2))];
}"""
# What shows that the focus is there: a ring on it, or on the drawn box of a radio or checkbox.
_RING = """() => {
  const at = document.activeElement, box = at.nextElementSibling;
  const ringed = (style) => style.outlineStyle !== "none" || style.boxShadow !== "none";
  const shape = at.getBoundingClientRect();
  const drawn = ["radio", "checkbox"].includes(at.type) && box
    ? getComputedStyle(box, "::before") : getComputedStyle(at);
  return ringed(drawn) && shape.width > 0 && shape.bottom > 0 && shape.top < innerHeight;
}"""


@dataclass(slots=True)
class Keyboard:
    """Presses keys on `page`; `status` is that of the page last opened by a key."""

    page: Page
    status: int = 200

    async def reach(self, selector: str) -> None:
        """Moves the focus to the first match, stop by stop. Fails if there is no way."""
        for _look in range(MOST_STOPS):
            way, presses = await self.page.evaluate(_WAY, selector)
            assert way != "missing", f"not on {self.page.url}: {selector}"
            if way == "here":
                break
            for _stop in range(presses):
                await self.page.keyboard.press("ArrowDown" if way == "group" else way)
        else:
            raise AssertionError(f"no key leads to {selector} on {self.page.url}")
        assert await self.page.evaluate(_RING), f"focus can't be seen: {selector}"

    async def open(self, selector: str) -> None:
        """Reaches a link or button and presses Enter; waits for the page that it leads to."""
        await self.reach(selector)
        async with self.page.expect_navigation() as coming:
            await self.page.keyboard.press("Enter")
        answer: Any = await coming.value
        self.status = answer.status

    async def write(self, selector: str, text: str) -> None:
        """Types into a field, in place of what stood there."""
        await self.reach(selector)
        await self.page.keyboard.press("Control+A")
        await self.page.keyboard.insert_text(text)
        assert await self.page.input_value(selector) == text

    async def mark(self, selector: str) -> None:
        """Ticks a box or takes a radio button with Space."""
        await self.reach(selector)
        if not await self.page.is_checked(selector):
            await self.page.keyboard.press("Space")
        assert await self.page.is_checked(selector)

    async def pick(self, selector: str, value: str) -> None:
        """Goes to an option of a list with the arrows."""
        await self.reach(selector)
        await self.page.keyboard.press("Home")
        for _press in range(MOST_STOPS):
            if await self.page.input_value(selector) == value:
                return
            await self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"no option {value} in {selector}")
