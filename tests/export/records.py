"""The records behind the golden vectors: an ordinary one, the smallest, and hostile ones."""

from __future__ import annotations

import msgspec

from flask_auditlog.event import Record

FULL = (
    '{"uid":"01893fd4-6386-7c41-9b0e-5d2f8a31c7e6","time":1688990984518,"realmId":"default",'
    '"organizationId":"northwind","type":"admin.USER-UPDATE","operationType":"UPDATE",'
    '"resourceType":"USER","resourcePath":"users/7f3c1b90","representation":"{\\"id\\":7}",'
    '"error":"not_allowed","authDetails":{"realmId":"master","clientId":"web-app","userId":"2b80",'
    '"ipAddress":"203.0.113.24","username":"maya@northwind.example","sessionId":"70c4"},'
    '"requestId":"01H4YZ8T","traceparent":"00-4bf9-00f0-01","userAgent":"curl/8.1, x",'
    '"source":"capture","tokenId":"t1","typeVersion":2,"details":{"changes":{"role":["member","owner"]}}}'
)
SMALLEST = '{"uid":"u2","time":0,"realmId":"default","type":"foo.bar","source":"api"}'
FORMULA = (
    '{"uid":"u3","time":-1,"realmId":"default","type":"=cmd|\' /C calc\'!A0",'
    '"resourcePath":" +1","error":"\\t@x","authDetails":{"username":"\uff1d1+1","userId":"-2"},'
    '"source":"api","details":{"a":"=1"}}'
)
BROKEN = (
    '{"uid":"u4","time":253402300800000,"realmId":"default","type":"a\\r\\nb",'
    '"error":"\\u0000\\u001b[31m\u2028\u202e\x7f","authDetails":{"username":"\\"Bob\\", \u00e9\U0001f600"},'
    '"source":"api","details":{"text":"one\\ntwo\u2028three\x85","comma":"a,b"}}'
)
BODIES = (FULL, SMALLEST, FORMULA, BROKEN)


def record(position: int, body: str = SMALLEST) -> Record:
    return Record(
        position=position,
        received_time=1688990984600 + position,
        time=msgspec.json.decode(body).get("time", 0),
        body=body,
        salt=b"",
        digest=b"",
    )


RECORDS = [record(number, body) for number, body in enumerate(BODIES, start=1)]
