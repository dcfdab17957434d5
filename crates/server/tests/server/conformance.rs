//! What every store must do, whatever database it is over.

mod accounts;
mod commits;
mod log;
mod news;
mod purge;
mod quota;
mod sessions;

/// One test a line, over one store: `$open` makes an empty one with given limits.
macro_rules! suite {
    ($open:expr; $($module:ident: $($test:ident)+;)+) => {
        $(mod $module {
            $(#[tokio::test]
            async fn $test() {
                let home = tempfile::tempdir().unwrap();
                super::super::$module::$test(|limits| $open(home.path(), limits)).await;
            })+
        })+
    };
}

mod sqlite {
    use std::path::Path;

    use keymoor_protocol::limits::Limits;
    use keymoor_server::store::sqlite::Sqlite;

    fn open(home: &Path, limits: Limits) -> Sqlite {
        Sqlite::open(&home.join("s.db"), limits).unwrap()
    }

    suite! {
        super::open;
        accounts:
            an_account_is_registered_once
            the_keys_document_is_compared_and_swapped
            a_new_password_comes_with_its_keys_document
            a_version_beyond_counting_is_refused;
        commits:
            the_same_push_is_answered_again
            each_wrong_commit_is_refused_and_leaves_nothing
            an_old_parent_is_told_where_the_head_is
            epoch_and_document_version_follow_the_keys_document
            of_pushes_at_once_exactly_one_wins
            a_forgotten_id_is_never_used_again
            a_commit_beyond_the_limits_is_too_large;
        log:
            a_pull_brings_what_came_after
            a_pull_leaves_out_what_was_replaced
            the_chain_is_whole
            the_chain_comes_in_pages_of_bounded_size
            a_snapshot_comes_in_pages_of_bounded_size
            a_snapshot_read_while_commits_come_in_between_is_made_whole_by_a_pull
            history_keeps_versions_until_the_record_is_forgotten
            a_history_of_large_versions_is_bounded
            accounts_see_nothing_of_each_other;
        news:
            a_new_head_is_told_when_it_can_be_read
            whatever_ends_a_session_is_told
            the_head_is_read_by_a_family_that_lives;
        purge:
            commits_that_were_kept_long_enough_are_not_paged
            a_log_much_longer_than_its_live_set_is_not_paged_from_its_beginning
            a_clock_that_was_wrong_for_a_while_takes_nothing_away
            history_that_nobody_adds_to_is_thinned_by_age
            a_purge_reaches_every_account_and_every_commit
            a_push_and_a_snapshot_do_not_notice_a_purge;
        quota:
            reading_is_never_blocked
            an_account_holds_so_many_records_and_bytes
            deletes_pass_over_quota
            what_was_pushed_as_deleted_is_kept_up_to_a_limit
            old_versions_make_room_beyond_the_newest
            a_server_that_lost_deletes_takes_them_back;
        sessions:
            a_session_is_found_by_its_token
            tokens_rotate_and_a_repetition_gets_the_same
            a_repetition_after_the_first_use_ends_the_family
            any_older_token_ends_the_family
            another_refresh_id_for_the_token_before_ends_the_family
            a_superseded_access_token_is_good_until_its_successor_is_used
            tokens_expire
            a_new_login_ends_the_device_s_older_session_of_that_kind
            a_revoked_device_has_no_session
            expired_sessions_are_purged_and_their_device_stays
            the_hundred_and_first_device_takes_the_place_of_the_one_longest_unseen;
    }
}
