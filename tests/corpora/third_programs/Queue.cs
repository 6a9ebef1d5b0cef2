// A queue: `Queue.exe WAY CASE` runs into one failure in one logging set-up, marking what belongs to it.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace Acme.Queue
{
    class QueueException : Exception
    {
        public QueueException(string message, Exception inner) : base(message, inner) { }
    }

    class Job { public string Name; public Job Parent; }

    static class Program
    {
        static readonly Dictionary<string, Action> Cases = new Dictionary<string, Action> {
            { "nullJob", () => Console.WriteLine(new Job().Parent.Name) },
            { "key", () => Console.WriteLine(new Dictionary<string, int>()["retries"]) },
            { "format", () => int.Parse("12,x") },
            { "index", () => Console.WriteLine(new List<int>()[3]) },
            { "array", () => Console.WriteLine("a;b".Split(';')[5]) },
            { "cast", () => { object id = "17"; Console.WriteLine((int)id); } },
            { "divide", () => { int n = Cases.Count - Cases.Count; Console.WriteLine(100 / n); } },
            { "missing", () => File.ReadAllText("/etc/queue/queue.json") },
            { "refused", Connect },
            { "empty", () => new int[0].First() },
            { "wrapped", () => { try { Connect(); } catch (Exception e) { throw new QueueException("could not publish job 17", e); } } },
            { "argument", () => "abc".Substring(9) },
            { "state", () => { var l = new List<int> { 1, 2 }; foreach (var i in l) l.Add(i); } },
            { "aggregate", () => Task.WaitAll(Task.Run(() => int.Parse("x")), Task.Run((Action)Connect)) },
        };

        static void Connect() { using (var client = new TcpClient()) client.Connect("127.0.0.1", 9); }

        static readonly string[][] Chatter = {
            new[] { "Information", "Request finished in 12.1ms 200 application/json" }, new[] { "Information", "drained 12 jobs, errors=0" },
            new[] { "Warning", "Overriding HTTP_PORTS '8080'" }, new[] { "Information", "Now listening on: http://[::]:8080" },
            new[] { "Debug", "no error policy for queue default" }, new[] { "Warning", "retrying in 2s" },
        };

        static void Write(string text) { Console.Error.WriteLine(text); Console.Error.Flush(); }
        static void Begin() { Write("\u0002"); }
        static void End() { Write("\u0003"); }

        static void Log(string way, string level, string text, Exception failure)
        {
            string now = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);
            string shown = failure == null ? "" : "\n" + failure;
            switch (way) {
                case "serilog": Write("[" + now.Substring(11, 8) + " " + level.Substring(0, 3).ToUpper() + "] " + text + shown); break;
                case "serilogFile": Write(now + " +00:00 [" + level.Substring(0, 3).ToUpper() + "] " + text + shown); break;
                case "console": Write((level == "Error" ? "fail" : level == "Warning" ? "warn" : level == "Debug" ? "dbug" : "info") + ": Acme.Queue.Worker[0]\n      " + text + shown.Replace("\n", "\n      ")); break;
                case "nlog": Write(now + "|" + level.ToUpper().Replace("INFORMATION", "INFO").Replace("WARNING", "WARN") + "|Acme.Queue.Worker|" + text + (failure == null ? "" : "|" + failure)); break;
                case "log4net": Write(now.Replace('.', ',') + " [4] " + level.ToUpper().Replace("INFORMATION", "INFO").Replace("WARNING", "WARN") + " Acme.Queue.Worker - " + text + shown); break;
                default: Write(now + " " + level.ToUpper() + " " + text + shown); break;
            }
        }

        static void Main(string[] args)
        {
            if (args[0] == "list") { Console.WriteLine("serilog serilogFile console nlog log4net plain mentioned uncaught thread dies printed\n" + string.Join(" ", Cases.Keys)); return; }
            string way = args[0];
            Action run = Cases[args[1]];
            int seed = (way + args[1]).Sum(c => c);
            for (int n = 0; n < 3; n++) Log(way, Chatter[(seed + n) % 6][0], Chatter[(seed + n) % 6][1], null);
            if (way == "uncaught") { Begin(); run(); }
            else if (way == "thread") { Begin(); var t = new Thread(() => run()); t.Start(); t.Join(); }
            else {
                try { run(); }
                catch (Exception failure) {
                    Begin();
                    if (way == "mentioned") Log(way, "Error", "giving up on job 17: " + failure.Message.Split('\n')[0], null);
                    else if (way == "printed") Write(failure.ToString());
                    else if (way == "dies") { Log(way, "Fatal", "Host terminated unexpectedly", null); End(); Begin(); throw; }
                    else Log(way, "Error", "job 17 failed", failure);
                    End();
                }
            }
            for (int n = 4; n < 6; n++) Log(way, Chatter[(seed + n) % 6][0], Chatter[(seed + n) % 6][1], null);
        }
    }
}
