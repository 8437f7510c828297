"""Settings: precedence, parsing, and a clear line for each mistake."""

import pytest

from metlo_auto.config.settings import SETTINGS, load
from metlo_auto.errors import ConfigurationError

pytestmark = pytest.mark.core
GOOD = {"METLO_HOST": "https://collector.example", "METLO_API_KEY": "k", "METLO_ENV_FILE": "off", "HOME": "/home/a"}


def with_env(**more):
    return load(dict(GOOD, **more), None)


def in_folder(tmp_path, text, **environ):
    (tmp_path / ".env").write_text(text)
    return load(dict({"HOME": "/home/a"}, **environ), str(tmp_path))


def test_defaults_are_those_of_the_spec():
    settings = with_env().settings
    assert (settings.workers, settings.environment, settings.max_body, settings.sample_rate) == (4, "production", 65536, 1.0)
    assert (settings.queue_size, settings.spool_size, settings.flush_interval) == (32 * 2 ** 20, 64 * 2 ** 20, 1.0)
    assert (settings.timeout, settings.shutdown_timeout, settings.compress) == (5.0, 1.5, "auto")
    assert settings.spool_dir == "/home/a/.local/state/metlo-auto/spool"
    assert (settings.redact, settings.log_level, settings.strict, settings.disabled) == ("credentials", "WARNING", False, False)


def test_the_environment_wins_over_the_file_and_an_argument_over_both(tmp_path):
    text = "METLO_HOST=http://127.0.0.1:1\nMETLO_API_KEY=file\nMETLO_WORKERS=2\n"
    assert in_folder(tmp_path, text).settings.workers == 2
    assert in_folder(tmp_path, text, METLO_WORKERS="3").settings.workers == 3
    assert load({"METLO_WORKERS": "3"}, str(tmp_path), {"workers": 5}).settings.workers == 5


def test_sources_say_where_a_value_came_from(tmp_path):
    loaded = in_folder(tmp_path, "\nMETLO_API_KEY=file\n", METLO_HOST="http://127.0.0.1:1")
    assert loaded.sources["host"] == "environment"
    assert loaded.sources["api_key"] == "%s, line 2" % (tmp_path / ".env")
    assert loaded.sources["workers"] == "default"


@pytest.mark.parametrize("text,value", [
    ("1", True), ("true", True), ("YES", True), ("On", True), ("0", False), ("false", False), ("no", False), ("OFF", False)])
def test_switches_have_these_spellings(text, value):
    assert with_env(METLO_DISABLED=text).settings.disabled is value


@pytest.mark.parametrize("text,value", [
    ("64K", 65536), ("64k", 65536), ("1M", 2 ** 20), ("1.5K", 1536), ("10", 10), ("2GiB", 2 ** 31), ("64 KB", 65536)])
def test_sizes_have_units(text, value):
    assert with_env(METLO_MAX_BODY=text).settings.max_body == value


@pytest.mark.parametrize("name,value", [
    ("METLO_WORKERS", "many"), ("METLO_WORKERS", "0"), ("METLO_MAX_BODY", "big"), ("METLO_TIMEOUT", "-1"),
    ("METLO_SAMPLE_RATE", "2"), ("METLO_REDACT", "some"), ("METLO_DISABLED", "perhaps"), ("METLO_LOG_LEVEL", "LOUD"),
    ("METLO_COMPRESS", "brotli"), ("METLO_FLUSH_INTERVAL", "soon")])
def test_a_value_that_is_not_understood_is_one_problem_and_the_default_is_used(name, value):
    loaded = with_env(**{name: value})
    assert loaded.settings == with_env().settings
    assert len(loaded.problems) == 1 and name in loaded.problems[0] and repr(value) in loaded.problems[0]
    assert not loaded.errors


def test_a_bad_value_in_the_file_is_named_with_its_line(tmp_path):
    loaded = in_folder(tmp_path, "A=1\n\nMETLO_WORKERS=x\nMETLO_HOST=http://127.0.0.1\nMETLO_API_KEY=k\n")
    assert "%s, line 3" % (tmp_path / ".env") in loaded.problems[0]


@pytest.mark.parametrize("host", ["collector.example", "ftp://a", "http://", "http://a b", "http://u:p@a", "http://a:99999", "http://a/?q=1"])
def test_a_bad_host_is_an_error_that_names_what_is_wanted(host):
    loaded = load(dict(GOOD, METLO_HOST=host), None)
    assert len(loaded.errors) == 1 and "METLO_HOST" in loaded.errors[0] and "https://" in loaded.errors[0]
    assert ":p@" not in loaded.errors[0]


def test_missing_host_and_key_are_one_line():
    loaded = load({"METLO_ENV_FILE": "off"}, None)
    assert len(loaded.errors) == 1
    assert "METLO_HOST and METLO_API_KEY" in loaded.errors[0] and "metlo-run --local" in loaded.errors[0]


def test_an_unknown_name_is_one_problem_with_the_nearest_known_one():
    problems = with_env(METLO_WORKRES="3").problems
    assert len(problems) == 1 and "METLO_WORKRES" in problems[0] and "METLO_WORKERS" in problems[0]


def test_a_line_that_cannot_be_parsed_is_named_without_its_text(tmp_path, caplog):
    loaded = in_folder(tmp_path, "METLO_HOST=http://127.0.0.1\n\nMETLO_API_KEY='top secret\nB=1\n")
    assert any("line 3" in problem for problem in loaded.problems)
    assert "top secret" not in " ".join(loaded.problems + loaded.errors)
    assert not caplog.records


def test_an_unreadable_file_is_a_problem(tmp_path):
    loaded = load(dict(GOOD, METLO_ENV_FILE=str(tmp_path / "none.env")), None)
    assert len(loaded.problems) == 1 and "none.env" in loaded.problems[0]


def test_the_nearest_file_upwards_is_read_and_only_its_metlo_names(tmp_path):
    (tmp_path / ".env").write_text("METLO_HOST=http://127.0.0.1:1\nMETLO_API_KEY=k\nDATABASE_URL=x\n")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert load({}, str(below)).settings.host == "http://127.0.0.1:1"


def test_plain_http_off_loopback_is_one_warning():
    assert not with_env(METLO_HOST="http://127.0.0.1:8081").problems
    assert not with_env(METLO_HOST="http://localhost").problems
    problems = with_env(METLO_HOST="http://collector.example").problems
    assert len(problems) == 1 and "https://" in problems[0]


def test_an_argument_that_cannot_be_used_raises_and_is_named():
    with pytest.raises(ConfigurationError, match="metlo_host.*collector.example"):
        load(GOOD, None, {"host": "collector.example"})
    with pytest.raises(ConfigurationError, match="workers.*'many'"):
        load(GOOD, None, {"workers": "many"})


def test_a_key_is_never_in_a_message():
    loaded = load(dict(GOOD, METLO_API_KEY="geheim\u2603"), None)
    assert loaded.errors and "geheim" not in " ".join(loaded.errors)


def test_every_setting_has_help_and_a_default_that_parses():
    for setting in SETTINGS:
        assert setting.help
        if setting.default:
            setting.parse(setting.default)


@pytest.mark.parametrize("line", ["METLO_API_KEY= # the key", "METLO_API_KEY =\t# the key", "export METLO_API_KEY=  #"])
def test_a_comment_in_the_place_of_the_key_is_one_warning_and_no_key(tmp_path, line):
    """python-dotenv before 1.2.4 says that the comment is the value."""
    loaded = in_folder(tmp_path, "METLO_HOST=http://127.0.0.1:1\n%s\n" % line)
    assert loaded.settings.api_key == "" and loaded.sources["api_key"] == "default" and not loaded.problems
    assert len(loaded.errors) == 1 and "METLO_API_KEY has a comment and no value" in loaded.errors[0]
    assert "%s, line 2" % (tmp_path / ".env") in loaded.errors[0]


def test_a_comment_in_the_place_of_another_value_is_one_warning_and_the_default(tmp_path):
    loaded = in_folder(tmp_path, "METLO_HOST=http://127.0.0.1:1\nMETLO_API_KEY=k\nMETLO_ENVIRONMENT= # staging\n")
    assert loaded.settings.environment == "production" and not loaded.errors
    assert len(loaded.problems) == 1 and "METLO_ENVIRONMENT has a comment and no value" in loaded.problems[0]


def test_a_value_that_is_quoted_or_is_given_again_is_no_comment(tmp_path):
    text = "METLO_HOST=http://127.0.0.1:1\nMETLO_API_KEY= # first\nMETLO_API_KEY= '# k' # second\n"
    loaded = in_folder(tmp_path, text)
    assert loaded.settings.api_key == "# k" and not loaded.errors and not loaded.problems
