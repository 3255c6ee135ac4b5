"""The mail room: what posting needs, put together from the settings; what is missing is told in words."""

from pathlib import Path
from typing import Literal

import structlog

from services.notifier.channels.base import Tray
from services.notifier.channels.postal_pdf import NoFont, Printer, find_font, is_complete
from services.notifier.channels.print_house import Folder
from services.notifier.post import Room
from services.notifier.settings import NotifierSettings
from services.notifier.tray import CutOffs, PostTray
from shared.events.action import Way

log = structlog.get_logger(__name__)

Missing = Literal["no_print_folder", "no_insert_folder", "no_font", "no_sender"]


def room_of(settings: NotifierSettings) -> Room:
    """Folders that are set, and a printer if there is a font for it."""
    folders: dict[Way, Path | None] = {"postal_dm": settings.print_folder, "insert": settings.insert_folder}
    return Room(_printer(settings), {way: Folder(path) for way, path in folders.items() if path is not None})


def trays_of(settings: NotifierSettings, room: Room) -> dict[Way, Tray]:
    """One for each way that has a folder; a way without one is no way."""
    cut_offs = CutOffs(settings.post_cut_off, settings.shop_zone())
    return {way: PostTray(way, cut_offs, room.printer, settings.public_url) for way in room.folders}


def missing(settings: NotifierSettings, room: Room) -> list[Missing]:
    """What stands in the way of posting, for the page to tell."""
    found: dict[Missing, bool] = {
        "no_print_folder": settings.print_folder is None,
        "no_insert_folder": settings.insert_folder is None,
        "no_font": settings.print_folder is not None and room.printer is None,
        "no_sender": not is_complete(settings.sender()),
    }
    return [name for name, is_missing in found.items() if is_missing]


def _printer(settings: NotifierSettings) -> Printer | None:
    try:
        return Printer(find_font(settings.font_file), settings.sender())
    except NoFont as error:
        log.warning("nothing can be printed", because=str(error))
        return None
