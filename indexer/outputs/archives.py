"""For archives: PBCore 2.1 with a part for each span, and PREMIS 3 events of who said it when."""

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from .cutlist import PROGRAM, CutList, said
from .text import clock_ms, line

PBCORE = "http://www.pbcore.org/PBCore/PBCoreNamespace.html"
PREMIS = "http://www.loc.gov/premis/v3"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


def write_pbcore(cuts: CutList) -> bytes:
    """Write a pbcoreDescriptionDocument; times of parts count from the film's first frame."""
    verdict = cuts.verdict
    root = ET.Element("pbcoreDescriptionDocument", {"xmlns": PBCORE})
    summary = f"{verdict.policy.name}: {verdict.outcome.value}"
    _describe(root, verdict.film.fingerprint, verdict.film.title, summary)
    for text, kind in (
        (f"policy sha256 {verdict.policy.digest}", "policy"),
        (f"model sha256 {_model_digest(cuts)}", "model"),
        *((reason, "reason") for reason in verdict.reasons),
    ):
        note = ET.SubElement(root, "pbcoreAnnotation", {"annotationType": kind})
        note.text = line(text)
    for number, found in enumerate(cuts.spans, 1):
        part = ET.SubElement(
            root,
            "pbcorePart",
            {
                "partType": line(f"{found.action.value}: {found.tag}"),
                "startTime": clock_ms(found.span.start_us),
                "endTime": clock_ms(found.span.end_us, late=True),
            },
        )
        _describe(part, f"{verdict.film.fingerprint}#{number}", found.tag, said([found]))
    return _written(root)


def _describe(parent: ET.Element, identifier: str, title: str, description: str) -> None:
    ET.SubElement(parent, "pbcoreIdentifier", {"source": PROGRAM}).text = line(identifier)
    ET.SubElement(parent, "pbcoreTitle").text = line(title)
    ET.SubElement(parent, "pbcoreDescription").text = line(description)


def write_premis(cuts: CutList) -> bytes:
    """Write PREMIS 3.0: the film, when it was looked at and by which model, and the verdict.

    https://www.loc.gov/standards/premis/v3/: objects, then events, then agents; the children of
    each in the order of the schema.
    """
    verdict = cuts.verdict
    root = ET.Element("premis", {"xmlns": PREMIS, "xmlns:xsi": XSI, "version": "3.0"})
    _object(root, cuts)
    model = f"model {_model_digest(cuts)}"
    policy = f"policy {verdict.policy.digest}"
    fingerprint = verdict.film.fingerprint
    looked = f"{cuts.facts.frames} frames by {cuts.provider}"
    _event(root, fingerprint, "indexing", cuts.indexed_us, (looked, "indexed"), [model])
    outcome = f"{verdict.policy.name}", verdict.outcome.value
    _event(root, fingerprint, "policy check", cuts.made_us, outcome, [model, policy])
    for number, found in enumerate(cuts.spans, 1):
        times = f"{clock_ms(found.span.start_us)} to {clock_ms(found.span.end_us, late=True)}"
        detail = f"span {number}: {times}"
        agents = [model, policy]
        _event(root, fingerprint, "finding", cuts.made_us, (detail, said([found])), agents)
    for name, kind in ((model, "software"), (policy, "policy")):
        agent = ET.SubElement(root, "agent")
        _identifier(agent, "agentIdentifier", name)
        ET.SubElement(agent, "agentName").text = line(
            verdict.policy.name if kind == "policy" else _model_name(cuts)
        )
        ET.SubElement(agent, "agentType").text = kind
    return _written(root)


def _object(root: ET.Element, cuts: CutList) -> None:
    film = ET.SubElement(root, "object", {"xsi:type": "file"})
    _identifier(film, "objectIdentifier", cuts.verdict.film.fingerprint)
    facts = ET.SubElement(film, "objectCharacteristics")
    form = ET.SubElement(ET.SubElement(facts, "format"), "formatDesignation")
    ET.SubElement(form, "formatName").text = line(f"{cuts.facts.container}, {cuts.facts.codec}")
    ET.SubElement(film, "originalName").text = line(cuts.path.decode("utf-8", "backslashreplace"))


def _event(
    root: ET.Element,
    fingerprint: str,
    kind: str,
    time_us: int,
    told: tuple[str, str],
    agents: list[str],
) -> None:
    detail, outcome = told
    event = ET.SubElement(root, "event")
    number = len(root.findall("event"))
    _identifier(event, "eventIdentifier", f"{fingerprint}/{time_us}/{number}")
    ET.SubElement(event, "eventType").text = kind
    when = datetime.fromtimestamp(time_us / 1e6, UTC)
    ET.SubElement(event, "eventDateTime").text = when.isoformat(timespec="seconds")
    information = ET.SubElement(event, "eventDetailInformation")
    ET.SubElement(information, "eventDetail").text = line(detail)
    results = ET.SubElement(event, "eventOutcomeInformation")
    ET.SubElement(results, "eventOutcome").text = line(outcome)
    for name in agents:
        _identifier(event, "linkingAgentIdentifier", name)
    _identifier(event, "linkingObjectIdentifier", fingerprint)


def _identifier(parent: ET.Element, name: str, value: str) -> None:
    held = ET.SubElement(parent, name)
    ET.SubElement(held, f"{name}Type").text = PROGRAM
    ET.SubElement(held, f"{name}Value").text = line(value)


def _model_digest(cuts: CutList) -> str:
    basis = cuts.verdict.basis
    return "" if basis is None else basis.model.digest


def _model_name(cuts: CutList) -> str:
    basis = cuts.verdict.basis
    return "" if basis is None else f"{basis.model.name} {basis.model.version}"


def _written(root: ET.Element) -> bytes:
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written + b"\n"
