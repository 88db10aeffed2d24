INSERT INTO owners SELECT i, 'n' || i FROM generate_series(1, 100) i;
INSERT INTO cars SELECT i, 'p' || i, i % 100 + 1 FROM generate_series(1, 20000) i;
ANALYZE;
