;; memory.size and memory.grow, initial data, bulk operations, dropped segments (core 4.4.7).
;; run: --invoke size
;; stdout: i32: 1
;; run: --invoke grow 1
;; stdout: i32: 1
;; run: --invoke grow 2
;; stdout: i32: -1
;; run: --invoke grow -1
;; stdout: i32: -1
;; run: --invoke use_grown
;; stdout: i32: 305419896
;; run: --invoke grow_then_load_beyond
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --max-memory 65536 --invoke grow 1
;; stdout: i32: -1
;; run: --invoke data 3
;; stdout: i32: 1819043176
;; run: --invoke fill
;; stdout: i64: 72340172838076673
;; run: --invoke fill_beyond
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke copy_overlapping
;; stdout: i64: 6144110778332095011
;; run: --invoke init
;; stdout: i32: 1953719668
;; run: --invoke init_beyond_segment
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke init_dropped
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke copy_nothing_at_end
;; run: --invoke copy_nothing_beyond
;; status: 134
;; stderr: wasm trap: out of bounds memory access
(module
  (memory 1 2)
  (data (i32.const 3) "hello")
  (data $passive "a test of segments")
  (func (export "size") (result i32) memory.size)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "use_grown") (result i32)
    (drop (memory.grow (i32.const 1)))
    (i32.store (i32.const 131068) (i32.const 0x12345678))
    (i32.load (i32.const 131068)))
  (func (export "grow_then_load_beyond")
    (drop (memory.grow (i32.const 1)))
    (drop (i32.load (i32.const 131072))))
  (func (export "data") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "fill") (result i64)
    (memory.fill (i32.const 100) (i32.const 0x101) (i32.const 8))
    (i64.load (i32.const 100)))
  (func (export "fill_beyond") (memory.fill (i32.const 65535) (i32.const 0) (i32.const 2)))
  (func (export "copy_overlapping") (result i64)
    (i64.store (i32.const 16) (i64.const 0x5555444433332222))
    (memory.copy (i32.const 17) (i32.const 16) (i32.const 8))
    (i64.store8 (i32.const 16) (i64.const 0x23))
    (memory.copy (i32.const 15) (i32.const 16) (i32.const 8))
    (i64.load (i32.const 15)))
  (func (export "init") (result i32)
    (memory.init $passive (i32.const 200) (i32.const 2) (i32.const 4))
    (i32.load (i32.const 200)))
  (func (export "init_beyond_segment")
    (memory.init $passive (i32.const 0) (i32.const 15) (i32.const 4)))
  (func (export "init_dropped")
    (data.drop $passive)
    (memory.init $passive (i32.const 0) (i32.const 0) (i32.const 1)))
  (func (export "copy_nothing_at_end")
    (memory.copy (i32.const 65536) (i32.const 0) (i32.const 0)))
  (func (export "copy_nothing_beyond")
    (memory.copy (i32.const 65537) (i32.const 0) (i32.const 0))))
