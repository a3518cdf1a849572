/** Scores. */

export default function ScoresView() {
  return (
    <section class="view" aria-labelledby="scores-title">
      <h2 id="scores-title">Scores</h2>
      <p>To come.</p>
    </section>
  );
}
