use super::*;

const PRIVATE: Option<SharingModel> = Some(SharingModel::Private);
const CONTROLLED: Option<SharingModel> = Some(SharingModel::ControlledByParent);

fn sight(sort: RecordSort, default: Option<SharingModel>, grants: Vec<Opening>) -> RecordSight {
    let facts = Facts {
        sort,
        default,
        edits_object: true,
        grants,
    };
    facts.sight()
}

/// What one way gives: whether it reads and edits.
fn alone(
    sort: RecordSort,
    default: Option<SharingModel>,
    way: Way,
    level: Level,
) -> (Verdict, Verdict) {
    let sight = sight(sort, default, vec![grant(way, level, Verdict::Yes)]);
    (sight.read, sight.edit)
}

#[test]
fn a_given_child_opens_its_account_to_reading_alone() {
    use Verdict::{No, Yes};
    let parent = (Way::ParentOfGiven, Level::Read);
    assert_eq!(
        alone(RecordSort::Account, PRIVATE, parent.0, parent.1),
        (Yes, No)
    );
    assert_eq!(
        alone(RecordSort::Case, PRIVATE, parent.0, parent.1),
        (No, No)
    );
    for (way, opens) in [
        (Way::Owned, Yes),
        (Way::Below, Yes),
        (Way::Queue, Yes),
        (Way::Rule, Yes),
        (Way::Row, Yes),
        (Way::Permission, No),
        (Way::Default, No),
        (Way::ChildOfOwned, No),
    ] {
        assert_eq!(way.opens_account(PRIVATE), opens, "{way:?}");
    }
    assert_eq!(Way::Owned.opens_account(CONTROLLED), Verdict::Either);
}

#[test]
fn a_contact_without_an_account_is_its_owners_alone() {
    use Verdict::{No, Yes};
    let lone = |way, default| alone(RecordSort::LoneContact, default, way, Level::All).0;
    assert_eq!(lone(Way::Owned, PRIVATE), Yes);
    assert_eq!(lone(Way::Permission, PRIVATE), Yes);
    for way in [Way::Below, Way::Rule, Way::Row, Way::ChildOfOwned] {
        assert_eq!(lone(way, PRIVATE), No, "{way:?}");
    }
    let public = Some(SharingModel::ReadWrite);
    assert_eq!(sight(RecordSort::LoneContact, public, Vec::new()).read, No);
}

#[test]
fn no_rule_reaches_a_private_opportunity_and_superiors_do() {
    use Verdict::{Either, No, Yes};
    let sees = |private, way| alone(RecordSort::Opportunity(private), PRIVATE, way, Level::Edit).0;
    assert_eq!(sees(Yes, Way::Rule), No);
    assert_eq!(sees(Yes, Way::Below), Yes);
    assert_eq!(sees(Yes, Way::Row), Either);
    assert_eq!(sees(Yes, Way::ChildOfOwned), Either);
    assert_eq!(sees(No, Way::Rule), Yes);
    assert_eq!(sees(Either, Way::Rule), Either);
}

#[test]
fn no_default_opens_a_private_opportunity() {
    use Verdict::{Either, No, Yes};
    let open = Some(SharingModel::ReadWrite);
    let sees = |private| Way::Default.leads_to(RecordSort::Opportunity(private), open);
    assert_eq!([sees(Yes), sees(No), sees(Either)], [No, Yes, Either]);
}

#[test]
fn where_the_parent_decides_nothing_is_certain_but_that_no_rule_does() {
    use Verdict::{Either, No};
    let controlled = sight(RecordSort::Contact, CONTROLLED, Vec::new());
    assert_eq!(
        (controlled.read, controlled.way()),
        (Either, Some(Way::ControllingParent))
    );
    let rule = Way::Rule.leads_to(RecordSort::Contact, CONTROLLED);
    assert_eq!(rule, No);
    assert_eq!(
        Way::ChildOfOwned.leads_to(RecordSort::Contact, CONTROLLED),
        No
    );
}

#[test]
fn the_widest_way_counts_within_what_the_object_allows() {
    use Verdict::{Either, No, Yes};
    let grants = vec![
        grant(Way::Rule, Level::Read, Yes),
        grant(Way::Rule, Level::Edit, Either),
    ];
    let both = sight(RecordSort::Other, PRIVATE, grants.clone());
    assert_eq!(
        (both.read, both.edit, both.way()),
        (Yes, Either, Some(Way::Rule))
    );
    let owned = Facts {
        sort: RecordSort::Other,
        default: PRIVATE,
        edits_object: false,
        grants: vec![grant(Way::Owned, Level::All, Yes)],
    };
    assert_eq!((owned.sight().read, owned.sight().edit), (Yes, No));
    let public = sight(RecordSort::Other, Some(SharingModel::Read), grants);
    assert_eq!((public.read, public.edit), (Yes, Either));
    let nothing = sight(RecordSort::Other, PRIVATE, Vec::new());
    assert_eq!((nothing.read, nothing.way()), (No, None));
}
