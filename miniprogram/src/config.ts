/** The hospital's address. A third party that publishes one package for many hospitals says it in
 * `ext.json`; everybody else writes it here. It has to be among the mini-program's request,
 * download and web-view domains. */
const DEFAULT_BASE_URL = "https://film.example.org";

export function baseUrl(): string {
  const own = (wx.getExtConfigSync?.() as { baseUrl?: string } | undefined)?.baseUrl;
  return (own || DEFAULT_BASE_URL).replace(/\/$/, "");
}
