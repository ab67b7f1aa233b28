// Laurel for Unity, in one file: events with an offline queue, toasts that resume after a lost connection.
// Unity 2021.3 or newer; not WebGL, where ClientWebSocket is absent. See clients/README.md.
using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net.WebSockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using UnityEngine;
using UnityEngine.Networking;

/// <summary>One player's connection. Everything happens on the main thread.</summary>
public sealed class Laurel : MonoBehaviour
{
    /// <summary>An unlock, once; after a restart those that came while the game was away.</summary>
    public event Action<Toast> Unlocked;
    /// <summary>Messages may be missing: refetch what is shown.</summary>
    public event Action Reset;
    /// <summary>An event was refused for good: its type, the code, the message.</summary>
    public event Action<string, string, string> Refused;
    /// <summary>Nothing is followed any more: signed out, no right, or a fault of the protocol.</summary>
    public event Action<string> Stopped;

    /// <summary>Most events that wait. Beyond it the oldest is refused with QUEUE_FULL. PlayerPrefs are small on some platforms.</summary>
    public int QueueLimit = 1000;

    const int Batch = 100;
    const float LongestWait = 30f;
    static readonly int[] FinalCodes = { 4400, 4401, 4406, 4409, 4429 };

    const string PositionQuery = "query ($user: UserRef!) { user(by: $user) { cursor } }";
    const string RecordMutation = "mutation ($events: [RecordEventInput!]!) { recordEvents(input: { events: $events }) "
        + "{ results { __typename ... on Error { code message } } } }";
    const string ToastSubscription = "subscription ($user: UserRef!, $after: String!) { achievementUnlocked(user: $user, after: $after) "
        + "{ cursor replayed title message achievement { key rarity icon points } } }";

    string url, externalId, locale, cursor;
    Func<string> authorization;
    Queued queue;
    bool isFlushing;
    readonly CancellationTokenSource end = new CancellationTokenSource();

    /// <summary>Starts one. <paramref name="authorization"/> answers "Bearer ..." or null, and is asked before each connection.</summary>
    public static Laurel Open(string url, string externalId, Func<string> authorization = null, string locale = null)
    {
        var holder = new GameObject("Laurel");
        DontDestroyOnLoad(holder);
        var laurel = holder.AddComponent<Laurel>();
        laurel.url = url;
        laurel.externalId = externalId;
        laurel.authorization = authorization ?? (() => null);
        laurel.locale = locale;
        laurel.cursor = PlayerPrefs.GetString(laurel.Key("cursor"), "");
        laurel.queue = JsonUtility.FromJson<Queued>(PlayerPrefs.GetString(laurel.Key("queue"), "")) ?? new Queued();
        laurel.StartCoroutine(laurel.Follow());
        laurel.StartCoroutine(laurel.Flush());
        return laurel;
    }

    /// <summary>Something happened. It is stored when this returns, and sent when there is a line. <paramref name="detailsJson"/>: a JSON object.</summary>
    public void Record(string type, string detailsJson = null)
    {
        queue.events.Add(new QueuedEvent
        {
            key = Guid.NewGuid().ToString(), type = type, details = detailsJson ?? "", occurredAt = Now(),
        });
        // While a batch is on its way its events stay.
        var oldest = isFlushing ? Math.Min(Batch, queue.events.Count - 1) : 0;
        if (queue.events.Count > QueueLimit) Refuse(queue.events[oldest], "QUEUE_FULL", "Too many events wait to be sent");
        Save();
        StartCoroutine(Flush());
    }

    void OnDestroy() => end.Cancel();

    IEnumerator Flush()
    {
        if (isFlushing) yield break;
        isFlushing = true;
        var failures = 0;
        var most = Batch;
        while (queue.events.Count > 0)
        {
            var batch = queue.events.Take(most).ToList();
            var answer = new Answer();
            var sentAt = Now();
            var events = string.Join(",", batch.Select(one => EventJson(one, sentAt)));
            yield return Post(RecordMutation, "{\"events\":[" + events + "]}", answer);
            var error = answer.errors.FirstOrDefault();
            var results = answer.data?.recordEvents?.results ?? new Result[0];
            var isOfEvents = error != null && error.path.Length > 0
                && (error.extensions.code == "BAD_USER_INPUT" || error.extensions.code == "FORBIDDEN");
            if (isOfEvents && batch.Count > 1)
            {
                // One malformed event fails its batch: halve it until it stands alone.
                most = (batch.Count + 1) / 2;
                continue;
            }
            if (isOfEvents) Refuse(batch[0], error.extensions.code, error.message);
            var waits = error == null && results.Length == batch.Count ? TakeIn(batch, results) : !isOfEvents;
            Save();
            if (!waits)
            {
                failures = 0;
                most = Math.Min(Batch, most * 2);
                continue;
            }
            yield return new WaitForSecondsRealtime(Wait(failures++, error?.extensions.retryAfterMs ?? 0));
        }
        isFlushing = false;
    }

    /// <summary>Answers whether some of it is to be sent again.</summary>
    bool TakeIn(List<QueuedEvent> batch, Result[] results)
    {
        var again = false;
        for (var at = 0; at < batch.Count; at += 1)
        {
            if (results[at].__typename == "TemporarilyUnavailableError") again = true;
            else if (results[at].__typename == "RecordEventSuccess") queue.events.Remove(batch[at]);
            else Refuse(batch[at], results[at].code, results[at].message);
        }
        return again;
    }

    void Refuse(QueuedEvent one, string code, string message)
    {
        queue.events.Remove(one);
        Refused?.Invoke(one.type, code, message);
    }

    IEnumerator Follow()
    {
        var failures = 0;
        while (!end.IsCancellationRequested)
        {
            if (cursor == "")
            {
                var answer = new Answer();
                yield return Post(PositionQuery, "{\"user\":" + UserJson() + "}", answer);
                cursor = answer.data?.user?.cursor ?? "";
                if (cursor == "")
                {
                    yield return new WaitForSecondsRealtime(Wait(failures++, 0));
                    continue;
                }
                SaveCursor();
            }
            var line = Listen(() => failures = 0);
            while (!line.IsCompleted) yield return null;
            if (line.Result == "CURSOR_EXPIRED" || line.Result == "BAD_USER_INPUT")
            {
                cursor = "";
                Reset?.Invoke();
            }
            else if (line.Result != "")
            {
                Stopped?.Invoke(line.Result);
                yield break;
            }
            yield return new WaitForSecondsRealtime(Wait(failures++, 0));
        }
    }

    /// <summary>Listens until the line is lost. Answers "" to come again, a code of the server, or why not to come again.</summary>
    async Task<string> Listen(Action welcome)
    {
        using var socket = new ClientWebSocket();
        try
        {
            socket.Options.AddSubProtocol("graphql-transport-ws");
            await socket.ConnectAsync(new Uri("ws" + url.Substring(4)), end.Token);
            await Send(socket, "{\"type\":\"connection_init\",\"payload\":{" + Params() + "}}");
            for (var text = await Receive(socket); text != null; text = await Receive(socket))
            {
                var message = JsonUtility.FromJson<Message>(text);
                if (message.type == "connection_ack")
                {
                    welcome();
                    var variables = "{\"user\":" + UserJson() + ",\"after\":" + Quote(cursor) + "}";
                    await Send(socket, "{\"id\":\"toasts\",\"type\":\"subscribe\",\"payload\":{\"query\":"
                        + Quote(ToastSubscription) + ",\"variables\":" + variables + "}}");
                }
                else if (message.type == "ping") await Send(socket, "{\"type\":\"pong\"}");
                else if (message.type == "error") return CodeOf(JsonUtility.FromJson<ErrorMessage>(text).payload);
                else if (message.type == "complete") return "";
                else if (message.type == "next")
                {
                    var payload = JsonUtility.FromJson<NextMessage>(text).payload;
                    if (payload.errors.Length > 0) return CodeOf(payload.errors);
                    Show(payload.data.achievementUnlocked);
                }
            }
            var code = (int)(socket.CloseStatus ?? WebSocketCloseStatus.Empty);
            return FinalCodes.Contains(code) ? "closed with " + code : "";
        }
        catch (Exception fault) when (fault is WebSocketException || fault is OperationCanceledException || fault is System.IO.IOException)
        {
            return "";
        }
    }

    void Show(Toast toast)
    {
        if (toast.cursor == cursor) return;
        Unlocked?.Invoke(toast);
        cursor = toast.cursor;
        SaveCursor();
    }

    static string CodeOf(Error[] errors)
    {
        var code = errors.Length > 0 ? errors[0].extensions.code : "";
        return code == "CURSOR_EXPIRED" || code == "BAD_USER_INPUT" || code == "FORBIDDEN" ? code : "";
    }

    async Task Send(ClientWebSocket socket, string text) => await socket.SendAsync(
        new ArraySegment<byte>(Encoding.UTF8.GetBytes(text)), WebSocketMessageType.Text, true, end.Token);

    /// <summary>A whole message; null when the socket was closed.</summary>
    async Task<string> Receive(ClientWebSocket socket)
    {
        var bytes = new List<byte>();
        var part = new byte[8192];
        while (true)
        {
            var got = await socket.ReceiveAsync(new ArraySegment<byte>(part), end.Token);
            if (got.MessageType == WebSocketMessageType.Close) return null;
            bytes.AddRange(part.Take(got.Count));
            if (got.EndOfMessage) return Encoding.UTF8.GetString(bytes.ToArray());
        }
    }

    IEnumerator Post(string query, string variables, Answer answer)
    {
        var body = "{\"query\":" + Quote(query) + ",\"variables\":" + variables + "}";
        using var request = new UnityWebRequest(url, "POST");
        request.uploadHandler = new UploadHandlerRaw(Encoding.UTF8.GetBytes(body));
        request.downloadHandler = new DownloadHandlerBuffer();
        request.timeout = 30;
        request.SetRequestHeader("Content-Type", "application/json");
        var credential = authorization();
        if (credential != null) request.SetRequestHeader("Authorization", credential);
        if (locale != null) request.SetRequestHeader("Accept-Language", locale);
        yield return request.SendWebRequest();
        try
        {
            JsonUtility.FromJsonOverwrite(request.downloadHandler.text, answer);
        }
        catch (ArgumentException)
        {
            // A proxy answered in its own words: as good as no answer.
        }
    }

    string EventJson(QueuedEvent one, string sentAt) =>
        "{\"user\":" + UserJson() + ",\"type\":" + Quote(one.type) + ",\"idempotencyKey\":" + Quote(one.key)
        + ",\"occurredAt\":" + Quote(one.occurredAt) + ",\"sentAt\":" + Quote(sentAt)
        + (one.details == "" ? "" : ",\"details\":" + one.details) + "}";

    string UserJson() => "{\"externalId\":" + Quote(externalId) + "}";

    string Params()
    {
        var credential = authorization();
        var parts = new List<string>();
        if (credential != null) parts.Add("\"authorization\":" + Quote(credential));
        if (locale != null) parts.Add("\"locale\":" + Quote(locale));
        return string.Join(",", parts);
    }

    string Key(string name) => "laurel:" + url + ":" + externalId + ":" + name;

    void Save()
    {
        PlayerPrefs.SetString(Key("queue"), JsonUtility.ToJson(queue));
        PlayerPrefs.Save();
    }

    void SaveCursor()
    {
        PlayerPrefs.SetString(Key("cursor"), cursor);
        PlayerPrefs.Save();
    }

    /// <summary>Seconds: 1, 2, 4, ... 30 with jitter, and never sooner than the server asks for.</summary>
    static float Wait(int failures, int retryAfterMs) => retryAfterMs / 1000f
        + Mathf.Min(LongestWait, Mathf.Pow(2, Mathf.Min(failures, 10))) * UnityEngine.Random.Range(0.1f, 1f);

    static string Now() => DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var one in text)
        {
            if (one == '"' || one == '\\') quoted.Append('\\').Append(one);
            else if (one < ' ') quoted.Append("\\u").Append(((int)one).ToString("x4"));
            else quoted.Append(one);
        }
        return quoted.Append('"').ToString();
    }

    /// <summary>An unlock, as the server tells it.</summary>
    [Serializable] public class Toast
    {
        public string cursor, title, message;
        public bool replayed;
        public Achievement achievement;
    }
    [Serializable] public class Achievement { public string key, rarity, icon; public long points; }

    // The shapes of answers. JsonUtility leaves out what it does not know, and fills absent objects with empty ones.
    [Serializable] class QueuedEvent { public string key, type, details, occurredAt; }
    [Serializable] class Queued { public List<QueuedEvent> events = new List<QueuedEvent>(); }
    [Serializable] class Answer { public Data data; public Error[] errors = new Error[0]; }
    [Serializable] class Data { public Results recordEvents; public User user; public Toast achievementUnlocked; }
    [Serializable] class Results { public Result[] results; }
    [Serializable] class Result { public string __typename, code, message; }
    [Serializable] class User { public string cursor; }
    [Serializable] class Error { public string message; public string[] path = new string[0]; public Extensions extensions = new Extensions(); }
    [Serializable] class Extensions { public string code; public int retryAfterMs; }
    [Serializable] class Message { public string type; }
    [Serializable] class ErrorMessage { public Error[] payload = new Error[0]; }
    [Serializable] class NextMessage { public Answer payload = new Answer(); }
}
