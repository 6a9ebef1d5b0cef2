"""Reports in words: complete, short, the same facts in both languages, and never obeying what they show."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from aiops_agent.chat.parse import Item, Preformatted, Style, parse
from aiops_agent.model.decision import Reason
from aiops_agent.model.event import Severity
from aiops_agent.model.incident import Kind
from aiops_agent.model.message import ReportKind
from aiops_agent.playbook.categories import CATEGORIES
from tests.build import NOW, incident
from tests.chat.reports import COMPOSER, LOCALES, RESULTS, as_shown, harmful, hostile, report

PHONE = 900
"""Characters of a report without its record that are still read at three in the morning."""

TEMPLATES = Path(__file__).parents[2] / "aiops_agent" / "chat" / "templates"


def composed(given_report=None, locale="en"):
    return COMPOSER.compose(given_report or report(), locale)


def of_incident(locale="en", **changes):
    return composed(report(incident=incident(reason="no_playbook", **changes)), locale)


def words(locale):
    return COMPOSER._environment.get_template(f"{locale}/words.j2").module


def without_record(markdown):
    return markdown.split("\n```", 1)[0]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("table", ["categories", "reasons", "severities", "units", "endings"])
def test_both_languages_have_words_for_the_same_things(locale, table):
    assert getattr(words(locale), table).keys() == getattr(words("en"), table).keys()


@pytest.mark.parametrize("locale", LOCALES)
def test_every_category_has_its_words(locale):
    named = words(locale).categories
    assert set(named) == set(CATEGORIES)
    assert len(set(named.values())) == len(CATEGORIES)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("reason", Reason)
def test_every_reason_says_why_not_more(reason, locale):
    message = composed(report(incident=incident(reason=reason.value)), locale)
    assert words(locale).reasons[reason.value].replace("`", "") in message.text


@pytest.mark.parametrize("locale", LOCALES)
def test_chinese_reports_have_no_english_words_of_ours_and_the_other_way_round(locale):
    sentences = [*words(locale).reasons.values(), *words(locale).categories.values()]
    chinese = [any("\u4e00" <= each <= "\u9fff" for each in sentence) for sentence in sentences]
    assert all(chinese) if locale == "zh" else not any(chinese)


def test_a_reason_that_nobody_worded_is_refused_and_not_left_out():
    with pytest.raises(UndefinedError):
        composed(report(incident=incident(reason="because")))


def test_a_category_of_another_model_is_shown_by_its_name():
    assert "my_own_category; sure to" in of_incident(category="my_own_category").text


def test_the_first_line_says_how_bad_where_and_what():
    assert composed().title == "Error on web-01: shop.service: Failed with result 'exit-code'"
    assert composed(locale="zh").title == "错误 web-01：shop.service: Failed with result 'exit-code'"
    assert of_incident(severity=Severity.CRITICAL).title.startswith("Critical error on")


def test_how_often_and_since_when():
    assert "37 times since 2026-11-23 02:41 UTC (19 min), last at 03:00 UTC" in composed().text
    assert "2026-11-23 02:41 UTC 起（19 分钟内）共 37 次" in composed(locale="zh").text


def test_what_happened_once_is_not_counted():
    assert "When: once, at 2026-11-23 03:00 UTC\n" in of_incident(occurrences=1).text


@pytest.mark.parametrize(
    ("lasting", "words_for_it"),
    [
        (timedelta(seconds=50), "1 min"),
        (timedelta(minutes=119), "119 min"),
        (timedelta(hours=47), "47 h"),
        (timedelta(days=9), "9 days"),
    ],
)
def test_how_long_is_told_in_a_unit_that_fits(lasting, words_for_it):
    assert f"({words_for_it})" in of_incident(occurrences=2, first_seen=NOW - lasting).text


def test_what_came_all_at_once_lasted_no_minutes():
    assert "2 times since 2026-11-23 03:00 UTC, last at 03:00 UTC" in of_incident(occurrences=2, first_seen=NOW).text


def test_what_may_repair_it_is_a_command_that_changes_nothing():
    command = "aiops-agent playbook run clear-stale-lock --service shop.service --dry-run"
    assert command in composed().text
    assert "playbook run" not in composed(report(playbook=None)).text
    assert "playbook run" not in of_incident(service=None).text


def test_a_sure_diagnosis_says_how_sure_but_never_certain():
    assert "a service failed or keeps restarting; sure to 97 %" in composed().text
    assert "sure to 99 %" in of_incident(confidence=1.0).text


def test_an_unsure_diagnosis_says_so():
    message = of_incident(abstained=True, confidence=0.41)
    assert 'not sure; the closest guess is "a service failed or keeps restarting" (41 %)' in message.text
    assert "fits none of the known kinds" in of_incident(abstained=True, category="unknown").text


def test_a_log_without_a_service_names_the_log_alone():
    assert "- Where: log /var/log/syslog\n" in of_incident(service=None, source="/var/log/syslog").text


def test_a_question_names_both_answers_and_how_long_there_is():
    message = composed(report(ReportKind.QUESTION))
    assert "`aiops-agent approvals approve 7f3a9c21e0`" in message.markdown
    assert "`aiops-agent approvals deny 7f3a9c21e0`; no answer by 04:00 UTC counts as no" in message.markdown


def test_what_was_left_behind_is_named():
    message = composed(report(ReportKind.DONE, result=RESULTS["done-failed"]))
    assert "not everything could be taken back: /srv/shop/shop.pid, the queue\n" in message.text
    assert "a person has to look now" in message.text


def test_a_notice_is_told_in_the_language_of_the_report():
    notice = incident(kind=Kind.AGENT, reason="notice", title="refused file: /srv/a.yaml", source="/srv/a.yaml")
    told = composed(report(ReportKind.NOTICE, incident=notice, citation=None), "zh")
    assert told.title == "提示 web-01：文件有误，未被采用：/srv/a.yaml"


def test_a_notice_has_no_diagnosis():
    notice = incident(kind=Kind.AGENT, reason="notice", title="unreadable: /var/log/x.log", text="permission denied")
    message = composed(report(ReportKind.NOTICE, incident=notice, citation=None))
    assert "What it means" not in message.text
    assert "The details:\n\n    permission denied\n" in message.text


def test_a_long_record_is_cut_and_says_how_long_it_is():
    text = "\n".join(f"line {number}" for number in range(34))
    message = of_incident(text=text)
    assert "The record, 11 of its 34 lines:" in message.text
    assert parse(message.markdown)[-2] == Preformatted("\n".join([*text.split("\n")[:4], "…", *text.split("\n")[-7:]]))


def test_the_last_line_ties_it_to_the_incident_and_the_audit_log():
    assert composed().text.endswith("\n\ninc-00000001 · audit 231·9f3a1c2b77e0\n")
    assert composed(report(anchor="")).text.endswith("\n\ninc-00000001\n")


def test_fields_let_an_adapter_file_it():
    assert composed().fields == {
        "incident": "inc-00000001",
        "kind": "found",
        "severity": "error",
        "service": "shop.service",
        "at": "2026-11-23T03:00:00Z",
    }


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", ReportKind)
def test_it_is_read_on_a_phone(kind, locale):
    assert len(without_record(composed(report(kind), locale).markdown)) <= PHONE


def test_every_point_is_a_point_of_one_list():
    blocks = parse(composed(report(ReportKind.DONE, result=RESULTS["done-failed"])).markdown)
    assert [type(block) for block in blocks[1:8]] == [Item] * 7


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*/*.j2")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_only_words_of_ours_are_trusted(path):
    trusted = [
        line.split("|safe")[0].rsplit("{{", 1)[-1].strip()
        for line in path.read_text("utf-8").splitlines()
        if "|safe" in line
    ]
    ours = ("reasons[", "categories[", "severities[", "units[", "endings[", "notices[", "signatures[")
    assert all(expression.startswith(ours) for expression in trusted)


@given(hostile, st.sampled_from(ReportKind), st.sampled_from(LOCALES))
def test_whatever_a_log_says_is_in_code_and_nowhere_else(text, kind, locale):
    """The words of a report about harm are those of a report about nothing."""
    nothing = "x" + "\n" * text.count("\n")
    assert open_words(harmful(kind, text), locale) == open_words(harmful(kind, nothing), locale)


@given(hostile, st.sampled_from(ReportKind), st.sampled_from(LOCALES))
def test_whatever_a_log_says_can_be_read(text, kind, locale):
    message = composed(harmful(kind, text), locale)
    assert as_shown(text) in message.text
    assert message.title in message.text


@pytest.mark.slow
@given(hostile, st.sampled_from(ReportKind), st.sampled_from(LOCALES))
def test_a_report_is_small_whatever_the_log_says(text, kind, locale):
    assert len(composed(harmful(kind, text * 100), locale).markdown) < 8_000


def open_words(harm, locale):
    """Return what stands outside of code."""
    blocks = parse(composed(harm, locale).markdown)
    return [
        [span.text for span in block.spans if span.style is not Style.CODE]
        for block in blocks
        if not isinstance(block, Preformatted)
    ]
