testinfra_hosts = ["ansible://build_hosts"]


def test_x(host):
    assert host.file("/home/builder/x").content_string == "x"
    assert host.run("systemctl is-system-running").stdout.strip() == "running"
    assert host.run("/usr/local/go/bin/go version").rc == 0
