"""Ruby projects: Rails, Rack, Sinatra and plain programs."""

from pathlib import Path

import pytest
from project_trees import analyze_example, analyze_tree

RACK = "run ->(_) { [200, {}, []] }\n"


def test_the_sinatra_example_follows_its_procfile_not_its_readme() -> None:
    found = analyze_example("ruby_sinatra")
    assert (found.language, found.framework, found.language_version) == ("ruby", "sinatra", "~> 3.2")
    assert found.install_command == "bundle install"
    assert found.start_command == "bundle exec ruby app.rb -o 0.0.0.0 -p 8080"
    assert ("Procfile", 1) in {(one.file, one.line) for one in found.evidence}


def test_rails_is_migrated_built_and_started_for_production(tmp_path: Path) -> None:
    files = {
        "Gemfile": 'gem "rails", "~> 7.1"\ngem "puma"\ngem "propshaft"\n',
        "config/application.rb": "module A; end\n",
        "config.ru": RACK,
        "db/schema.rb": "\n",
        ".ruby-version": "ruby-3.3.1\n",
        "README.md": "```\nbin/rails db:migrate\nbin/rails server -p 3005\n```\n",
    }
    found = analyze_tree(tmp_path, files)
    assert found.start_command == "bundle exec rails server -b 0.0.0.0 -p 3005"
    assert found.build_command == (
        "RAILS_ENV=production bundle exec rails db:prepare"
        " && RAILS_ENV=production SECRET_KEY_BASE_DUMMY=1 bundle exec rails assets:precompile"
    )
    assert (found.port, found.language_version, found.source) == (3005, "3.3.1", "readme")
    assert ("RAILS_ENV", "production") in found.environment


@pytest.mark.parametrize(
    ("files", "start", "port"),
    [
        ({"Gemfile": 'gem "rack"\n', "config.ru": RACK}, "bundle exec rackup --host 0.0.0.0 --port 9292", 9292),
        ({"Gemfile": 'gem "puma"\n', "config.ru": RACK}, "bundle exec puma -b tcp://0.0.0.0:9292", 9292),
        ({"Gemfile": 'gem "sinatra"\n', "app.rb": 'require "sinatra"\n'}, "bundle exec ruby app.rb -o 0.0.0.0 -p 4567", 4567),
        ({"app.rb": 'require "sinatra"\nset :port, 8055\n'}, "ruby app.rb -o 0.0.0.0 -p 8055", 8055),
        ({"server.rb": 'require "webrick"\nWEBrick::HTTPServer.new(Port: 8056).start\n'}, "ruby server.rb", 8056),
        ({"Gemfile": 'gem "x"\n', "bot.rb": "loop { sleep 1 }\n"}, "bundle exec ruby bot.rb", None),
        ({"Gemfile": 'gem "rake"\n', "Rakefile": "task :default do\nend\n"}, "bundle exec rake", None),
    ],
)  # fmt: skip
def test_the_start_and_the_port_fit_the_tree(
    tmp_path: Path, files: dict[str, str], start: str, port: int | None
) -> None:
    found = analyze_tree(tmp_path, files)
    assert (found.start_command, found.port) == (start, port)


@pytest.mark.parametrize(
    "files", [{"Gemfile": 'gem "cocoapods"\n'}, {"Gemfile": 'gem "rails"\n', "lib/a.rb": "module A; end\n"}]
)
def test_a_gemfile_alone_starts_nothing(tmp_path: Path, files: dict[str, str]) -> None:
    assert not analyze_tree(tmp_path, files).supported


def test_a_written_command_for_a_missing_file_is_not_followed(tmp_path: Path) -> None:
    files = {"Gemfile": 'gem "sinatra"\n', "app.rb": 'require "sinatra"\n', "README.md": "```\nruby gone.rb\n```\n"}
    assert analyze_tree(tmp_path, files).source == "scan"
