PRAGMA page_size = 4096;
CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT);
CREATE TABLE item(id INTEGER PRIMARY KEY, title TEXT UNIQUE, price REAL);
CREATE TABLE sale(customer INTEGER REFERENCES customer, item INTEGER REFERENCES item, day TEXT, amount INTEGER);
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
INSERT INTO customer SELECT i, printf('customer %03d', i), substr('ABCDEFGH', 1 + i * 7 % 8, 1) FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
INSERT INTO item SELECT i, printf('item %x', i * 2654435761 % 65536), (i * 37 % 1000) / 8.0 FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
INSERT INTO sale SELECT 1 + i * 7919 % 500, 1 + i * 104729 % 200, date('2020-01-01', (i % 1000) || ' days'), i % 9 FROM n;
COMMIT;
CREATE INDEX sale_customer ON sale(customer, day);
CREATE VIEW turnover AS
  SELECT city, strftime('%Y', day) AS year, sum(price * amount) AS total, count(*) AS n
  FROM sale JOIN item ON item.id = sale.item JOIN customer ON customer.id = sale.customer
  GROUP BY city, year;
SELECT city, year, printf('%.2f', total), n FROM turnover ORDER BY total DESC LIMIT 12;
SELECT name, sum(amount) AS s FROM customer LEFT JOIN sale ON customer = id AND day BETWEEN '2021-01-01' AND '2021-03-01'
  GROUP BY id HAVING s > 30 ORDER BY s DESC, name LIMIT 10;
SELECT title, price, rank() OVER (ORDER BY price DESC), avg(price) OVER (ORDER BY id ROWS 3 PRECEDING)
  FROM item ORDER BY id LIMIT 8;
UPDATE sale SET amount = amount + 1 WHERE item IN (SELECT id FROM item WHERE price > 100);
DELETE FROM sale WHERE day < '2020-06-01' AND customer % 3 = 0;
SELECT count(*), sum(amount), min(day), max(day), group_concat(DISTINCT amount) FROM sale;
SELECT upper(hex(name)), length(name), replace(name, 'customer', 'client'), name LIKE '%9_' FROM customer WHERE id IN (7, 98);
SELECT json_extract('{"a":[1,2,{"b":"c"}]}', '$.a[2].b'), json_array(1, 'x', NULL, 2.5);
VACUUM;
PRAGMA integrity_check;
EXPLAIN QUERY PLAN SELECT * FROM sale WHERE customer = 5 ORDER BY day;
