"""Rewrites Wasm modules of C, so that each function may throw as far as anybody can tell, and none ever does; and so
that each body is in a try that catches everything and throws it on, as functions with destructors are in C++."""

TYPE, FUNCTION, MEMORY, TAG, CODE = 1, 3, 5, 13, 10
FUNC, VALUE_FREE, EMPTY = b'\x60', b'\x60\0\0', b'\x40'
TRY, THROW, RETHROW, END, RETURN, CATCH_ALL = b'\x06', b'\x08', b'\x09', b'\x0b', b'\x0f', b'\x19'


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        self.at += n
        return self.data[self.at - n:self.at]

    def number(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                return value

    def vector(self):
        return self.take(self.number())

    def rest(self):
        return self.data[self.at:]


def number(n):
    out = bytearray()
    while n > 0x7f:
        out.append(n & 0x7f | 0x80)
        n >>= 7
    return bytes([*out, n])


def sized(content):
    return number(len(content)) + content


def sections(data):
    reader = Reader(data)
    reader.take(8)
    while reader.rest():
        kind = reader.take(1)[0]
        yield kind, reader.vector()


def read_results(content):
    """Type -> the value types of its results."""
    reader, results = Reader(content), []
    for _ in range(reader.number()):
        if reader.take(1) != FUNC:
            raise ValueError('not a function type')
        reader.vector()
        results.append(reader.vector())
    return results


def read_numbers(content):
    reader = Reader(content)
    return [reader.number() for _ in range(reader.number())]


def rewrite_body(body, results, has_try):
    reader = Reader(body)
    for _ in range(reader.number()):
        reader.number()
        reader.take(1)
    head, code = body[:reader.at], reader.rest()[:-1]
    if has_try and len(results) < 2:
        code = TRY + (results or EMPTY) + code + CATCH_ALL + RETHROW + b'\0' + END
    return head + code + RETURN + THROW + b'\0' + END


def rewrite_code(content, functions, results, has_try):
    reader = Reader(content)
    bodies = [sized(rewrite_body(reader.vector(), results[functions[i]], has_try)) for i in range(reader.number())]
    return number(len(bodies)) + b''.join(bodies)


def rewrite(data, has_try):
    """The module, with the throws alone or with the tries, too."""
    results, functions, out = [], [], [data[:8]]
    for kind, content in sections(data):
        if kind == TYPE:
            results = read_results(content)
            reader = Reader(content)
            content = number(reader.number() + 1) + reader.rest() + VALUE_FREE
        elif kind == FUNCTION:
            functions = read_numbers(content)
        elif kind == CODE:
            content = rewrite_code(content, functions, results, has_try)
        out.append(bytes([kind]) + sized(content))
        if kind == MEMORY: # tags follow
            out.append(bytes([TAG]) + sized(b'\x01\0' + number(len(results))))
    return b''.join(out)
