/** Style sheets are imported as their text; see reinstate/channels/assets.py. */
declare module '*.css' {
  const text: string;
  export default text;
}
