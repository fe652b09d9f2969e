"""Cases of paging and resuming: every record once, and again from wherever the process died."""

import json
from hashlib import sha256

from producers.kit.testing.kills import STEPS_PER_PAGE, Killed, Outlet, run_into
from producers.kit.testing.scenario import Scenario, bad_records, contents, expected, identities, money, optional

__all__ = ["PageCases"]


class PageCases(Scenario):
    """Pages, their cursors, and polls that are cut."""

    def test_pages_are_well_formed(self) -> None:
        """Cursors are JSON, originals hash to their names, references point to originals, no identity has two contents."""
        with self.provider() as provider:
            pages = self.poll(provider)
        assert pages, "the provider of this test has nothing to give"
        kept = {raw.sha256 for page in pages for raw in page.raw}
        for page in pages:
            assert json.loads(json.dumps(page.cursor)) == page.cursor
            for raw in page.raw:
                assert sha256(raw.content).hexdigest() == raw.sha256
            references = [record.raw_ref for record in page.transactions] + [record.raw_ref for record in page.statements]
            for reference in references:
                assert reference is None or reference.partition("#")[0] in kept, f"{reference} is not among the originals"
            assert page.fetched >= len(page.transactions) + len(page.bad), "fetched counts every record that came, good and bad"
        assert contents(pages), "the provider of this test gives no transaction"

    def test_rerun_gives_the_same_records(self) -> None:
        """Two polls from the beginning give the same ids, revisions, contents and cursors."""
        with self.provider() as provider:
            first, second = self.poll(provider), self.poll(provider)
        assert identities(first) == identities(second)
        assert contents(first) == contents(second)
        assert [page.cursor for page in first] == [page.cursor for page in second]
        assert [bad.position for bad in bad_records(first)] == [bad.position for bad in bad_records(second)]

    @optional
    def test_paging_to_the_end(self) -> None:
        """Each record comes once, legal twins as two, and no page is asked for after the last one."""
        assert self.requests_per_poll is not None, "say in requests_per_poll how many requests one poll of the samples takes"
        with self.provider() as provider:
            pages = self.poll(provider)
            asked = sum(map(self.is_data, provider.requests))
        assert money(pages) == expected(self.samples())
        assert len(identities(pages)) == len(set(identities(pages))), "a record came twice in one poll"
        assert asked == self.requests_per_poll, f"{asked} requests; requests_per_poll says {self.requests_per_poll}"
        assert asked > 1, "the samples must span two pages or more, else paging is not tested; ask for smaller pages"

    def test_resumes_after_a_cut_at_every_page(self) -> None:
        """A process that dies after any page, and starts from its cursor, misses nothing and invents nothing."""
        with self.provider() as provider:
            whole = self.poll(provider)
            for count in range(1, len(whole) + 1):
                before = self.poll(provider, pages=count)
                after = self.poll_on(provider, before)
                assert set(identities([*before, *after])) == set(identities(whole)), f"cut after page {count}"

    def test_resumes_after_a_kill_at_any_step(self) -> None:
        """Killed with a page fetched, half published, published or committed, the runner goes on without loss or change."""
        with self.provider() as provider:
            undisturbed = Outlet()
            run_into(undisturbed, self.build(provider.base_url), self.now)
            assert undisturbed.delivered.transactions
            pages = undisturbed.steps // STEPS_PER_PAGE
            for page in sorted({0, pages // 2, pages - 1}):
                for step in range(STEPS_PER_PAGE):
                    outlet = Outlet(die_at=page * STEPS_PER_PAGE + step + 1)
                    try:
                        run_into(outlet, self.build(provider.base_url), self.now)
                    except Killed as killed:
                        outlet.die_at = None
                        run_into(outlet, self.build(provider.base_url), self.now)
                        assert contents([outlet.delivered]) == contents([undisturbed.delivered]), f"page {page}: {killed}"
                        continue
                    raise AssertionError(f"the run ended before step {step} of page {page}: it is not the same every time")

    def test_nothing_new_gives_no_new_identity(self) -> None:
        """A poll at the end may repeat an overlap, but gives no id or revision that was not there before."""
        with self.provider() as provider:
            whole = self.poll(provider)
            again = self.poll_on(provider, whole)
        assert contents([*whole, *again]) == contents(whole)

    def test_empty_window(self) -> None:
        """A provider with nothing gives no record and a cursor, if any, from which what comes later is found."""
        (late,) = [record for record in self.samples() if record.number == 8]
        with self.provider([]) as provider:
            empty = self.poll(provider)
            assert not identities(empty), "there was nothing to give"
            assert not bad_records(empty)
            for page in empty:
                assert json.loads(json.dumps(page.cursor)) == page.cursor
            assert not identities(self.poll_on(provider, empty))
            self.show([late])
            found = self.poll_on(provider, empty)
        assert money(found) == expected([late]), "what was booked since is not found behind an empty window"
