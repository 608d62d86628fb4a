module example.com/enrich

go 1.21

require github.com/mozillazg/go-unidecode v0.2.0
