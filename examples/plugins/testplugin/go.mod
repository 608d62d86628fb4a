module testplugin

go 1.22

require github.com/TykTechnologies/tyk v1.9.2-0.20240924125426-1db1935d8992
