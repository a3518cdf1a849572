/** Trees. */

export default function TreesView() {
  return (
    <section class="view" aria-labelledby="trees-title">
      <h2 id="trees-title">Trees</h2>
      <p>To come.</p>
    </section>
  );
}
