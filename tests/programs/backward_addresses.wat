;; Addresses that step back by a constant trap below 0 and nowhere else: they wrap to the end
;; of the 4 GiB, which the memory does not reach.
;; run: --invoke sub 8
;; stdout: i32: 67305985
;; run: --invoke sub 12
;; stdout: i32: 134678021
;; run: --invoke sub 7
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke sub 0
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke sub 131076
;; stdout: i32: 0
;; run: --invoke sub 131077
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke sub -1
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke add 8
;; stdout: i32: 67305985
;; run: --invoke add 4
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke add 131076
;; stdout: i32: 0
;; run: --invoke add 131077
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke add_swapped 16
;; stdout: i32: 202050057
;; run: --invoke add_swapped 1
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke twice 8
;; stdout: i32: 67305985
;; run: --invoke twice 6
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke twice 3
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke there_and_back 0
;; stdout: i32: 202050057
;; run: --invoke there_and_back -8
;; stdout: i32: 67305985
;; run: --invoke there_and_back -9
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke with_offset 8
;; stdout: i32: 202050057
;; run: --invoke with_offset 0
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke with_offset 7
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke store 8
;; stdout: i32: 255
;; run: --invoke store 5
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke store 131072
;; stdout: i32: 1
;; run: --invoke store 131073
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke page 65536
;; stdout: i32: 1
;; run: --invoke page 65535
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke page 0
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke page 196607
;; stdout: i32: 0
;; run: --invoke page 196608
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke beyond_page 65537
;; stdout: i32: 1
;; run: --invoke beyond_page 65536
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke minus_lowest -2147483648
;; stdout: i32: 1
;; run: --invoke minus_lowest 0
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke wide 4
;; stdout: i64: 578437695752307201
;; run: --invoke wide 2
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke down 4
;; stdout: i32: 673456156
;; run: --invoke down 5
;; status: 134
;; stderr: wasm trap: out of bounds memory access
(module
  (memory 2)
  (data (i32.const 0) "\01\02\03\04\05\06\07\08\09\0a\0b\0c\0d\0e\0f\10")
  (func (export "sub") (param i32) (result i32)
    (i32.load (i32.sub (local.get 0) (i32.const 8))))
  (func (export "add") (param i32) (result i32)
    (i32.load (i32.add (local.get 0) (i32.const -8))))
  (func (export "add_swapped") (param i32) (result i32)
    (i32.load (i32.add (i32.const -8) (local.get 0))))
  (func (export "twice") (param i32) (result i32)
    (i32.load (i32.sub (i32.sub (local.get 0) (i32.const 4)) (i32.const 4))))
  (func (export "there_and_back") (param i32) (result i32)
    (i32.load (i32.sub (i32.add (local.get 0) (i32.const 16)) (i32.const 8))))
  (func (export "with_offset") (param i32) (result i32)
    (i32.load offset=8 (i32.sub (local.get 0) (i32.const 8))))
  (func (export "store") (param i32) (result i32)
    (i64.store (i32.sub (local.get 0) (i32.const 8)) (i64.const -1))
    (i32.load8_u (i32.const 0)))
  (func (export "page") (param i32) (result i32)
    (i32.load8_u (i32.sub (local.get 0) (i32.const 65536))))
  (func (export "beyond_page") (param i32) (result i32)
    (i32.load8_u (i32.sub (local.get 0) (i32.const 65537))))
  (func (export "minus_lowest") (param i32) (result i32)
    (i32.load8_u (i32.sub (local.get 0) (i32.const -2147483648))))
  (func (export "wide") (param i32) (result i64)
    (i64.load (i32.add (local.get 0) (i32.const -4))))
  ;; Down to the first bytes; the trap comes one step further.
  (func (export "down") (param $n i32) (result i32) (local $p i32) (local $sum i32)
    (local.set $p (i32.const 16))
    (loop $l
      (local.set $sum (i32.add (local.get $sum)
        (i32.load (i32.sub (local.get $p) (i32.const 4)))))
      (local.set $p (i32.sub (local.get $p) (i32.const 4)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))
