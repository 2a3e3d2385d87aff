"""Who works for a run on a cluster: actors that look at pictures, and one for each film.

One of the files with Ray, besides `calling.py` and `connecting.py`.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from ...db.errors import ClusterError
from ..bundle import Bundle
from ..sessions import Provider
from ..settings import ModelSettings
from .calling import FarLooker, answer
from .filming import FilmActor
from .helping import HelpingActor
from .hosts import Host, HostLost, about, files_of, refuse_others, versions_here
from .looking import LookingActor, LookingFacts
from .opening import FilmOrder, UnseenHere
from .relaying import Relay

# Calls that one looking actor holds at a time: those of many films, for full batches.
CALLS = 128
# A process that died is begun anew so often, and what it was asked is asked again.
RESTARTS = 20
# Decoding keeps one core busy; looking takes a fifth of that for a film of 1080 lines, and finds
# its time between: with two cores for each film nearly half of them were idle (docs/scaling.md).
CPUS_OF_FILM = 1
# A film that is smaller is done before helpers on other hosts have begun, unless it is asked for.
LONG_BYTES = 512 * 2**20
# The process that joins looks at each frame's thumbnail itself, and keeps up with no more.
MOST_ELSEWHERE = 16
# Helpers on other hosts that have not begun by then are done without.
JOIN_S = 15.0
# Ray's own name for the label that every node has.
NODE_LABEL = "ray.io/node-id"


class _RemoteFilm(FilmActor):
    """A film's actor where it runs: it has pictures looked at near by, if anybody does so there."""

    def __init__(
        self, order: FilmOrder, looking: Sequence[tuple[str, Any]], options: Mapping[str, Any]
    ) -> None:
        node_id = ray.get_runtime_context().get_node_id()
        near = [actor for node, actor in looking if node == node_id]
        far = [actor for node, actor in looking if node != node_id]
        helpers = partial(_helpers, order, options)
        super().__init__(order, FarLooker(near, far), node_id, helpers)


class _RemoteHelping(HelpingActor):
    """A helper's actor where it runs."""

    def __init__(self, order: FilmOrder) -> None:
        super().__init__(order, ray.get_runtime_context().get_node_id())


def _helpers(order: FilmOrder, options: Mapping[str, Any]) -> list[Relay]:
    """Have hosts help that have a processor free now; they end with who asked."""
    begin: Any = ray.remote(_RemoteHelping)
    begin = begin.options(max_concurrency=2, **options)
    actors = [begin.remote(order) for _ in range(order.elsewhere)]
    asked = {actor.begin.remote(): actor for actor in actors}
    if not asked:
        return []
    ready, late = ray.wait(list(asked), num_returns=len(asked), timeout=JOIN_S)
    joined = [asked[one] for one in ready if _succeeded(one)]
    for one in late:
        ray.kill(asked[one])
    return [Relay(partial(_heard, actor), partial(_say, actor)) for actor in joined]


def _succeeded(asked: Any) -> bool:
    """Whether a helper has begun; one that does not see the film, or is lost, is none."""
    try:
        answer(asked, _never)
    except (UnseenHere, HostLost, OSError):
        return False
    return True


def _heard(actor: Any) -> bytes:
    data: bytes = answer(actor.hear.remote(), _never)
    return data


def _say(actor: Any, data: bytes) -> None:
    answer(actor.say.remote(data), _never)


def hosts() -> list[Host]:
    """List the hosts of the cluster that live and have processors to give."""
    return [
        Host(
            node["NodeID"],
            node["NodeManagerHostname"],
            int(node["Resources"].get("CPU", 0)),
            node["Resources"].get("GPU", 0.0),
        )
        for node in ray.nodes()  # type: ignore[no-untyped-call]
        if node["Alive"] and node["Resources"].get("CPU", 0) >= 1
    ]


def _on(host: Host) -> NodeAffinitySchedulingStrategy:
    return NodeAffinitySchedulingStrategy(host.node_id, soft=False)


def _never() -> None:
    """Give up at nothing."""


@dataclass(slots=True)
class Fleet:
    """The hosts of a cluster, for one run with one model.

    `gpus_per_actor` is what each looking actor takes of a host's devices; with 0 processors look.
    """

    bundle: Bundle
    settings: ModelSettings
    gpus_per_actor: float
    note: Callable[[str], None]
    versions: dict[str, str] = field(default_factory=versions_here)
    provider: Provider = Provider.CPU
    decoders: int = CPUS_OF_FILM
    _looking: dict[str, list[Any]] = field(default_factory=dict)
    _refused: set[str] = field(default_factory=set)
    _elsewhere: int = 0
    _least_bytes: int = 0
    _blind: dict[bytes, set[str]] = field(default_factory=dict)
    # A reference to the bundle's files, once a host had to be sent them.
    _sent: list[Any] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def gather(
        cls,
        bundle: Bundle,
        settings: ModelSettings,
        gpus_per_actor: float | None,
        note: Callable[[str], None],
    ) -> "Fleet":
        """Take every host into service; `note` is told which are lost.

        Raises ClusterError or ModelError, naming the host.
        """
        there = hosts()
        if not there:
            raise ClusterError("the cluster has no host with processors; add one with `ray start`")
        if gpus_per_actor is None:
            gpus_per_actor = 1.0 if any(host.gpus >= 1 for host in there) else 0.0
        if gpus_per_actor and not any(host.gpus >= gpus_per_actor for host in there):
            raise ClusterError(
                f"no host has {gpus_per_actor:g} GPUs for an actor (Ray counts at most "
                f"{max(host.gpus for host in there):g}); lower --gpus-per-actor; 0 takes none"
            )
        fleet = cls(bundle, settings, gpus_per_actor, note)
        fleet._employ(there)
        if not any(fleet._looking.values()):
            raise ClusterError("no host of the cluster is left to work on")
        return fleet

    def share_out(self, films: int, decoders: int, jobs: int) -> int:
        """Give each film its processors: `decoders`, or with 0 one, and more if films are few.

        Returns how many films are to be under way, `jobs` if that is not 0. More than there is
        room for wait, and go to hosts that come meanwhile.
        """
        there = [host.cpus for host in hosts() if host.node_id not in self._refused]
        fair = max(CPUS_OF_FILM, decoders or sum(there) // max(1, films))
        self.decoders = min(fair, max(there) if decoders else min(there))
        self._elsewhere, self._least_bytes = fair - self.decoders, 0 if decoders else LONG_BYTES
        return jobs or max(1, sum(cpus // self.decoders for cpus in there))

    def helpers_elsewhere(self, size: int) -> int:
        """Return how many decoders on other hosts should help with a film of this size."""
        return min(self._elsewhere, MOST_ELSEWHERE) if size >= self._least_bytes else 0

    def film_actor(self, order: FilmOrder) -> Any:
        """Begin a film on a host that may see it, as soon as one has room."""
        with self._lock:
            self._look_round()
            looking = [(node, one) for node, actors in self._looking.items() for one in actors]
            but = sorted({*self._refused, *self._blind.get(_folder(order.path), ())})
        options: dict[str, Any] = {"max_restarts": 0, "scheduling_strategy": "SPREAD"}
        if but:
            options["label_selector"] = {NODE_LABEL: f"!in({','.join(but)})"}
        begin = ray.remote(_RemoteFilm).options(num_cpus=self.decoders, **options)
        return begin.remote(order, looking, {"num_cpus": 1, **options})

    def end(self, actor: Any) -> None:
        """End a film's actor, whatever it is doing."""
        ray.kill(actor)

    def pass_by(self, node_id: str, path: bytes) -> bool:
        """Give a host no more films of a folder that it does not see; tell whether that is new."""
        with self._lock:
            blind = self._blind.setdefault(_folder(path), set())
            is_new = node_id not in blind
            blind.add(node_id)
        return is_new

    def may_see(self, path: bytes) -> bool:
        """Whether there is a host that may see a film."""
        with self._lock:
            but = {*self._refused, *self._blind.get(_folder(path), ())}
        return any(host.node_id not in but for host in hosts())

    def _look_round(self) -> None:
        """Take hosts into service that came meanwhile, and forget those that went."""
        there = {host.node_id: host for host in hosts()}
        for gone in self._looking.keys() - there.keys():
            del self._looking[gone]
        for new in there.keys() - self._looking.keys() - self._refused:
            try:
                self._employ([there[new]])
            except ClusterError as error:
                # The others go on without it.
                self._refuse(there[new], error)

    def _employ(self, there: Sequence[Host]) -> None:
        """Take hosts into service; those that do not answer are none. Raises ClusterError."""
        asked = [(host, self._asked(host)) for host in there]
        facts = {host: one for host, ask in asked if (one := self._answered(host, ask)) is not None}
        refuse_others(self.versions, list(facts.values()))
        if not self._sent and not all(one.has_bundle for one in facts.values()):
            self._sent.append(ray.put(files_of(self.bundle)))
        begun = [
            (host, self._looking_actor(host), None if one.has_bundle else self._sent[0])
            for host, one in facts.items()
            for _ in range(self._actors_on(host))
        ]
        self._looking.update({host.node_id: [] for host in facts})
        asked_of = [(host, actor, actor.facts.remote(sent)) for host, actor, sent in begun]
        for host, actor, asked_facts in asked_of:
            welcome = self._answered(host, asked_facts)
            if welcome is not None:
                self._agree(welcome)
                self._looking[host.node_id].append(actor)

    def _asked(self, host: Host) -> Any:
        ask = ray.remote(about).options(num_cpus=0, scheduling_strategy=_on(host))
        return ask.remote(self.bundle.digest)

    def _answered(self, host: Host, asked: Any) -> Any:
        """Return what a host answers; None if it is gone."""
        try:
            return answer(asked, _never)
        except HostLost as lost:
            self._refuse(host, lost)
            return None
        except (ImportError, AttributeError) as error:
            raise ClusterError(
                f"host {host.name}: {error}; install the same filmdex in the Python that Ray has "
                "there"
            ) from error

    def _refuse(self, host: Host, error: Exception) -> None:
        self._refused.add(host.node_id)
        self.note(f"going on without host {host.name}: {error}")

    def _actors_on(self, host: Host) -> int:
        return int(host.gpus / self.gpus_per_actor) if self.gpus_per_actor else 1

    def _looking_actor(self, host: Host) -> Any:
        options = {
            "num_cpus": 0,
            "num_gpus": self.gpus_per_actor,
            "max_restarts": RESTARTS,
            "max_task_retries": RESTARTS,
            "max_concurrency": CALLS,
            "scheduling_strategy": _on(host),
        }
        begin = ray.remote(LookingActor).options(**options).remote
        return begin(self.bundle.digest, self.settings, host.cpus)

    def _agree(self, facts: LookingFacts) -> None:
        if not any(self._looking.values()):
            self.provider = facts.provider
        elif facts.provider is not self.provider:
            raise ClusterError(
                f"host {facts.host} looks with {facts.provider}, others with {self.provider}: "
                "films would come to other numbers there; name one with --provider"
            )


def _folder(path: bytes) -> bytes:
    return path.rpartition(b"/")[0]
