export interface Account {
  username: string;
  display_name: string;
  department: string;
}

export interface Boot {
  kind: "ask" | "refused" | "ticket";
  hospital: { name: string; phone: string };
  reason?: string;
  request?: string;
  client?: string;
  goes_to?: string;
  scopes?: { name: string; label: string }[];
  account?: Account | null;
  ticket?: string;
}

/** The answer's JSON; throws an Error whose message is for people. */
async function post<T>(url: string, body: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error("网络好像不通。请检查网络,再试一次。");
  }
  if (response.ok) return (response.status === 204 ? null : await response.json()) as T;
  const told = await response.json().catch(() => null);
  throw new Error(told?.error?.message ?? "系统忙,请稍后再试。");
}

export const signIn = (username: string, password: string): Promise<Account> =>
  post("/api/staff/v1/session", { username, password });

export const signOut = (): Promise<null> => post("/api/staff/v1/sign-out", {});

export const decide = (request: string, decision: "allow" | "deny", username: string): Promise<{ redirect_to: string }> =>
  post("/oauth/authorize", { request, decision, username });

export const openTicket = (ticket: string): Promise<{ viewer_url: string }> =>
  post(`/api/open/v1/tickets/${encodeURIComponent(ticket)}/open`, {});
