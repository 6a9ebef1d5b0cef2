using System;
using System.Linq;
using System.Net.Sockets;
using System.Threading;

/** Falls in other ways than `Falls`, and logs as Microsoft's console logger and NLog lay out their lines. */
class BankDownException : ApplicationException {
    public BankDownException(int bank, Exception inner) : base("bank " + bank + " is down", inner) {}
}

static class Stumbles {
    static void Ask(int bank) {
        try { new TcpClient("127.0.0.1", 9); } catch (SocketException e) { throw new BankDownException(bank, e); }
    }
    static void Pay() { try { Ask(1); } catch (Exception e) { throw new InvalidOperationException("cannot pay", e); } }
    static Exception Caught(Action fail) { try { fail(); } catch (Exception e) { return e; } return null; }

    static void Main(string[] arguments) {
        string way = arguments[0];
        Action<string, string, Exception> say = (level, text, e) => {
            string below = e == null ? "" : Environment.NewLine + e;
            if (way == "console") Console.Error.WriteLine((level == "Error" ? "fail" : "info") + ": Shop.Teller[12]" + Environment.NewLine + "      " + text + below.Replace("\n", "\n      "));
            else Console.Error.WriteLine("2026-11-22 10:01:02.1234|" + level.ToUpper() + "|Shop.Teller|" + text + below);
        };
        if (way == "console") Console.Error.WriteLine("info: Shop.Teller[0] cart 17 was opened"); else say("Info", "cart 17 was opened", null);
        switch (way) {
            case "bank": Ask(1); break;
            case "pay": Pay(); break;
            case "sequence": new int[0].First(); break;
            case "parse": DateTime.Parse("the day after never"); break;
            case "argument": "tea".Substring(7); break;
            case "disposed": var s = new System.IO.MemoryStream(); s.Dispose(); s.ReadByte(); break;
            case "thread": var t = new Thread(() => Pay()); t.Start(); t.Join(); break;
            case "type": Activator.CreateInstance(Type.GetType("Shop.Missing", true)); break;
            case "nlog":
                say("Error", "payment 12 failed", Caught(Pay));
                say("Info", "cart 18 was opened", null);
                say("Fatal", "the queue is full", null);
                say("Info", "cart 17 was closed", null);
                break;
        }
    }
}
