;; Constant addresses and offsets anywhere in 4 GiB: on top of the address of the memory
;; they do not fit into an instruction (core 4.4.7).
;; run: --invoke sum 12
;; stdout: i32: 91
;; run: --invoke load_last 0
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke load_last -1
;; status: 134
;; stderr: wasm trap: out of bounds memory access
(module
  (memory 65535)
  (func (export "sum") (param i32) (result i32)
    (i32.store offset=0xf0000000 (i32.const 16) (i32.const 77))
    (i32.store offset=0x20000000 (local.get 0) (i32.const 5))
    (i32.store (i32.const 0xefff0000) (i32.const 9))
    (i32.add
      (i32.load (i32.const 0xf0000010))
      (i32.add
        (i32.load offset=0x1ffffff0 (i32.add (local.get 0) (i32.const 16)))
        (i32.load offset=0xfff0000 (i32.const 0xe0000000)))))
  (func (export "load_last") (param i32) (result i32)
    (i32.load offset=0xffffffff (local.get 0))))
