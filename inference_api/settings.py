"""What an operator can set, read once from the environment (or `.env`) at the start."""

import re
import sys
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, FilePath, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from inference_api.vision.drawing import DEFAULT_FONT, check_font
from inference_api.vision.images import ImageLimits
from inference_api.vision.released import PairName

PREFIX = "API_"
Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
_KEY_LINE = re.compile(r"(?P<digest>[0-9a-f]{64})(\s+(?P<name>.*))?")
_SHOWN = 8  # digits of a digest whose key has no name


def read_keys(path: Path) -> dict[str, str]:
    """The digests in the file, and whose they are.

    Raises OSError, or ValueError naming the line that is wrong.
    """
    names = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        if not (match := _KEY_LINE.fullmatch(line.strip())):
            raise ValueError(f"{path}:{number}: not `<sha256 of the key> <name>`")
        names[match["digest"]] = match["name"] or match["digest"][:_SHOWN]
    return names


class Settings(BaseSettings):
    """The service's settings; each is the environment variable `API_<NAME>`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True
    )

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    models_dir: Path = Field(Path("models"), description="Folder with the artifacts.")
    models: PairName = Field("compact", description="Which pair of artifacts to serve.")
    engine: Literal["savedmodel", "litert", "auto"] = Field(
        "auto", description="What runs the networks; `auto` takes the fastest that is fit."
    )
    threads: int = Field(0, ge=0, description="Threads of the runtime; 0 is one a core.")
    max_batch: Annotated[int, Field(ge=1, le=64)] = Field(
        8, description="Photos that wait are run together, up to this many."
    )
    codec: Literal["process", "thread"] = Field(
        "process" if sys.platform == "linux" else "thread",
        description="What decodes and encodes photos; `thread` takes less memory, and is all that "
        "systems other than Linux have.",
    )
    codec_workers: Annotated[int, Field(ge=1, le=64)] = Field(
        2, description="Processes or threads that decode and encode photos."
    )
    deadline_s: Seconds = Field(30, description="Time within which a photo is answered, or 504.")
    max_bytes: Count = Field(20_000_000, description="Largest photo file, bytes.")
    max_pixels: Count = Field(50_000_000, description="Largest photo, pixels.")
    max_memory: Annotated[int, Field(ge=50_000_000)] = Field(
        600_000_000, description="Memory that decoding one photo may take, bytes."
    )
    min_side: Count = Field(16, description="Least width and height of a photo, pixels.")
    max_connections: Count = Field(
        1000, description="Connections at a time, as far as the system has descriptors."
    )
    keys_file: FilePath | None = Field(
        None, description="File of allowed API keys, `<sha256> <name>` a line; none asks for none."
    )
    key_photos_per_minute: int = Field(
        0, ge=0, description="Quota of each API key; 0 sets no quota."
    )
    font_path: FilePath = Field(DEFAULT_FONT, description="TrueType font of the labels.")
    log_format: Literal["text", "json"] = Field("text", description="Form of the log's lines.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least level that is logged."
    )

    @field_validator("keys_file")
    @classmethod
    def _is_readable(cls, path: Path | None) -> Path | None:
        if path:
            read_keys(path)
        return path

    @field_validator("font_path")
    @classmethod
    def _can_be_drawn_with(cls, path: Path) -> Path:
        check_font(path)
        return path

    @property
    def image_limits(self) -> ImageLimits:
        """The limits that photos are held against."""
        return ImageLimits(self.max_bytes, self.max_pixels, self.min_side, self.max_memory)
