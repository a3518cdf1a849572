/** Race. */

export default function RaceView() {
  return (
    <section class="view" aria-labelledby="race-title">
      <h2 id="race-title">Race</h2>
      <p>To come.</p>
    </section>
  );
}
