/** The pack, as an isolate is handed it. */
declare module "pack" {
  const text: string;
  export default text;
}
