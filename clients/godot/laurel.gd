## Laurel for Godot 4, in one file: events with an offline queue, toasts that resume after a lost connection.
## Add it as a node (or an autoload), set its fields, call start(). See clients/README.md.
class_name Laurel
extends Node

## An unlock, once; after a restart those that came while the game was away. Has cursor, replayed, title, message, achievement.
signal unlocked(toast: Dictionary)
## Messages may be missing: refetch what is shown.
signal reset
## An event was refused for good.
signal refused(type: String, code: String, message: String)
## Nothing is followed any more: signed out, no right, or a fault of the protocol.
signal stopped(reason: String)

const BATCH := 100
const LONGEST_WAIT := 30.0
const FINAL_CODES := [4400, 4401, 4406, 4409, 4429]
const POSITION := "query ($user: UserRef!) { user(by: $user) { cursor } }"
const RECORD := "mutation ($events: [RecordEventInput!]!) { recordEvents(input: { events: $events }) { results { __typename ... on Error { code message } } } }"
const TOASTS := "subscription ($user: UserRef!, $after: String!) { achievementUnlocked(user: $user, after: $after) { cursor replayed title message achievement { key rarity icon points } } }"

## The GraphQL endpoint: https://laurel.example/graphql
var url := "http://127.0.0.1:4000/graphql"
## The player, as the game names it.
var external_id := ""
## Answers "Bearer ..." or "" for none; asked before each connection and request.
var authorization := func() -> String: return ""
var locale := ""
## Most events that wait. Beyond it the oldest is refused with QUEUE_FULL.
var queue_limit := 10000

var _queue: Array = []
var _cursor := ""
var _socket: WebSocketPeer = null
var _is_flushing := false
var _is_welcome := false
var _is_stopped := false
var _in_flight := 0
var _failures := 0

func start() -> void:
	var kept: Variant = _read()
	if kept is Dictionary:
		_queue = kept.get("queue", [])
		_cursor = kept.get("cursor", "")
	_connect()
	_flush()

## Something happened. It is stored when this returns, and sent when there is a line.
func record(type: String, details: Dictionary = {}) -> void:
	var event := { "idempotencyKey": _uuid(), "type": type, "occurredAt": _now() }
	if not details.is_empty():
		event["details"] = details
	_queue.append(event)
	if _queue.size() > queue_limit:
		# While a batch is on its way its events stay.
		_refuse(_queue[mini(_in_flight, _queue.size() - 1)], "QUEUE_FULL", "Too many events wait to be sent")
	_save()
	_flush()

func _flush() -> void:
	if _is_flushing:
		return
	_is_flushing = true
	var failures := 0
	var most := BATCH
	while not _queue.is_empty():
		var batch := _queue.slice(0, most)
		_in_flight = batch.size()
		var events := batch.map(func(event: Dictionary) -> Dictionary:
			return event.merged({ "user": { "externalId": external_id }, "sentAt": _now() }))
		var answer := await _post(RECORD, { "events": events })
		_in_flight = 0
		var error := _error_of(answer)
		var is_of_events: bool = error.has_path and error.code in ["BAD_USER_INPUT", "FORBIDDEN"]
		if is_of_events and batch.size() > 1:
			# One malformed event fails its batch: halve it until it stands alone.
			most = ceili(batch.size() / 2.0)
			continue
		var again := false
		if is_of_events:
			_refuse(batch[0], error.code, error.message)
		elif error.code != "":
			again = true
		else:
			again = _take_in(batch, answer["data"]["recordEvents"]["results"])
		_save()
		if again:
			await get_tree().create_timer(_wait(failures, error.retry_after_ms)).timeout
			failures += 1
		else:
			failures = 0
			most = mini(BATCH, most * 2)
	_is_flushing = false

## Answers whether some of it is to be sent again.
func _take_in(batch: Array, results: Array) -> bool:
	var again := false
	for at in batch.size():
		var result: Dictionary = results[at]
		match result["__typename"]:
			"TemporarilyUnavailableError":
				again = true
			"RecordEventSuccess":
				_queue.erase(batch[at])
			_:
				_refuse(batch[at], result.get("code", ""), result.get("message", ""))
	return again

func _refuse(event: Dictionary, code: String, message: String) -> void:
	_queue.erase(event)
	refused.emit(event["type"], code, message)

func _connect() -> void:
	while _cursor == "":
		var answer := await _post(POSITION, { "user": { "externalId": external_id } })
		var data: Variant = answer.get("data")
		if data is Dictionary and data.get("user") is Dictionary and data["user"].get("cursor") is String:
			_cursor = data["user"]["cursor"]
			_save()
		else:
			await get_tree().create_timer(_wait(_failures, _error_of(answer).retry_after_ms)).timeout
			_failures += 1
	_is_welcome = false
	var socket := WebSocketPeer.new()
	socket.supported_protocols = PackedStringArray(["graphql-transport-ws"])
	if socket.connect_to_url("ws" + url.substr(4)) == OK:
		_socket = socket
	else:
		_come_again()

func _come_again() -> void:
	_socket = null
	var wait := _wait(_failures, 0)
	_failures += 1
	await get_tree().create_timer(wait).timeout
	if not _is_stopped:
		_connect()

func _process(_delta: float) -> void:
	if _socket == null:
		return
	_socket.poll()
	match _socket.get_ready_state():
		WebSocketPeer.STATE_OPEN:
			if not _is_welcome:
				_is_welcome = true
				_send({ "type": "connection_init", "payload": _params() })
			while _socket != null and _socket.get_available_packet_count() > 0:
				var message: Variant = JSON.parse_string(_socket.get_packet().get_string_from_utf8())
				if message is Dictionary:
					_take(message)
		WebSocketPeer.STATE_CLOSED:
			var code := _socket.get_close_code()
			if code in FINAL_CODES:
				_stop("closed with %d" % code)
			else:
				_come_again()

func _take(message: Dictionary) -> void:
	match message.get("type"):
		"connection_ack":
			_failures = 0
			var variables := { "user": { "externalId": external_id }, "after": _cursor }
			_send({ "id": "toasts", "type": "subscribe", "payload": { "query": TOASTS, "variables": variables } })
		"ping":
			_send({ "type": "pong" })
		"next":
			var payload: Dictionary = message["payload"]
			if payload.has("errors"):
				_end(_error_of(payload).code)
			else:
				_show(payload["data"]["achievementUnlocked"])
		"error":
			_end(_error_of({ "errors": message["payload"] }).code)
		"complete":
			_end("")

func _show(toast: Dictionary) -> void:
	if toast["cursor"] == _cursor:
		return
	unlocked.emit(toast)
	_cursor = toast["cursor"]
	_save()

## The server ended the subscription.
func _end(code: String) -> void:
	if _socket == null:
		return
	_socket.close(1000)
	if code == "FORBIDDEN":
		_stop(code)
		return
	if code in ["CURSOR_EXPIRED", "BAD_USER_INPUT"]:
		_cursor = ""
		reset.emit()
	_come_again()

func _stop(reason: String) -> void:
	_is_stopped = true
	_socket = null
	stopped.emit(reason)

func _send(message: Dictionary) -> void:
	_socket.send_text(JSON.stringify(message))

func _params() -> Dictionary:
	var parameters := {}
	var credential: String = authorization.call()
	if credential != "":
		parameters["authorization"] = credential
	if locale != "":
		parameters["locale"] = locale
	return parameters

## The answer; an error of code NETWORK when there is none.
func _post(query: String, variables: Dictionary) -> Dictionary:
	var request := HTTPRequest.new()
	request.timeout = 30
	add_child(request)
	var headers := PackedStringArray(["Content-Type: application/json"])
	var parameters := _params()
	if parameters.has("authorization"):
		headers.append("Authorization: " + parameters["authorization"])
	if locale != "":
		headers.append("Accept-Language: " + locale)
	var body := JSON.stringify({ "query": query, "variables": variables })
	var answer: Variant = null
	if request.request(url, headers, HTTPClient.METHOD_POST, body) == OK:
		var completed: Array = await request.request_completed
		answer = JSON.parse_string((completed[3] as PackedByteArray).get_string_from_utf8())
	request.queue_free()
	return answer if answer is Dictionary else { "errors": [{ "message": "no answer", "extensions": { "code": "NETWORK" } }] }

func _error_of(answer: Dictionary) -> Dictionary:
	var errors: Variant = answer.get("errors")
	if not (errors is Array) or errors.is_empty():
		return { "code": "", "message": "", "retry_after_ms": 0, "has_path": false }
	var error: Dictionary = errors[0]
	var extensions: Dictionary = error.get("extensions", {})
	return {
		"code": extensions.get("code", "NETWORK"),
		"message": error.get("message", ""),
		"retry_after_ms": extensions.get("retryAfterMs", 0),
		"has_path": error.get("path") is Array,
	}

func _path() -> String:
	return "user://laurel-%s.json" % (url + external_id).sha256_text().substr(0, 16)

func _read() -> Variant:
	var file := FileAccess.open(_path(), FileAccess.READ)
	return null if file == null else JSON.parse_string(file.get_as_text())

## Written beside and renamed, so that a crash leaves the old or the new.
func _save() -> void:
	var file := FileAccess.open(_path() + ".new", FileAccess.WRITE)
	file.store_string(JSON.stringify({ "queue": _queue, "cursor": _cursor }))
	file.close()
	DirAccess.rename_absolute(_path() + ".new", _path())

## Seconds: 1, 2, 4, ... 30 with jitter, and never sooner than the server asks for.
func _wait(failures: int, retry_after_ms: float) -> float:
	return retry_after_ms / 1000.0 + minf(LONGEST_WAIT, pow(2, mini(failures, 10))) * randf_range(0.1, 1.0)

func _now() -> String:
	var now := Time.get_unix_time_from_system()
	return Time.get_datetime_string_from_unix_time(int(now)) + ".%03dZ" % int(fmod(now, 1.0) * 1000)

func _uuid() -> String:
	var hex := Crypto.new().generate_random_bytes(16).hex_encode()
	return "%s-%s-4%s-8%s-%s" % [hex.substr(0, 8), hex.substr(8, 4), hex.substr(13, 3), hex.substr(17, 3), hex.substr(20, 12)]
