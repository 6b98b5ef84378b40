"""The service's Prometheus metrics, in a registry of their own."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """Every number that is exported; labels hold no user's data."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "api_requests_total",
            "Requests by route and status.",
            ["route", "status"],
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "api_request_seconds",
            "From the request's first byte to the answer's last.",
            ["route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.stage_seconds = Histogram(
            "api_stage_seconds",
            "Work on photos by stage; `infer` is that of a whole batch.",
            ["stage"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.batch_photos = Histogram(
            "api_batch_photos",
            "Photos run together.",
            buckets=(1, 2, 4, 8, 16, 32, 64),
            registry=self.registry,
        )
        self.photos_pending = Gauge(
            "api_photos_pending", "Photos taken in and not answered.", registry=self.registry
        )
        self.faces = Counter("api_faces_total", "Faces found.", registry=self.registry)
        self.second_looks = Counter(
            "api_second_looks_total",
            "Photos looked at again, of those that `api_batch_photos_sum` counts.",
            registry=self.registry,
        )
        self.upload_bytes = Gauge(
            "api_upload_bytes",
            "Bytes of requests that are being sent or worked on.",
            registry=self.registry,
        )
        self.connections_cut = Counter(
            "api_connections_cut_total",
            "Connections cut off, by reason.",
            ["reason"],
            registry=self.registry,
        )
        self.codec_kills = Counter(
            "api_codec_kills_total",
            "Codec workers that were ended or ended by themselves, by reason.",
            ["reason"],
            registry=self.registry,
        )
