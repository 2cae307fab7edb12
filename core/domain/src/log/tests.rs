use super::*;

fn leaves(n: usize) -> Vec<Hash> {
    let id = |i: usize| Hash::of_file(&i.to_be_bytes());
    (0..n)
        .map(|i| leaf_hash(LeafKind::Envelope, &id(i)))
        .collect()
}

/// The tree of RFC 6962, 2.1, written as its definition is: recursion and nothing else.
fn naive(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of_file(b""),
        [one] => *one,
        _ => {
            let mut k = 1;
            while k * 2 < leaves.len() {
                k *= 2;
            }
            let (left, right) = (naive(&leaves[..k]), naive(&leaves[k..]));
            Hash::of_file(&[&[1][..], left.as_bytes(), right.as_bytes()].concat())
        }
    }
}

fn tree(leaves: &[Hash]) -> CheckpointRef {
    CheckpointRef {
        size: leaves.len() as u64,
        root: naive(leaves),
    }
}

#[test]
fn the_roots_are_those_of_the_known_test_tree() {
    // The eight inputs that implementations of RFC 6962 share as their reference tree.
    let inputs = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut frontier = Frontier::default();
    assert_eq!(frontier.root(), Hash::of_file(b""));
    for (input, root) in inputs.iter().zip(roots) {
        let input = data_encoding::HEXLOWER.decode(input.as_bytes()).unwrap();
        frontier.append(Hash::of_file(&[&[0], &input[..]].concat()));
        assert_eq!(frontier.root().to_string(), root);
    }
}

#[test]
fn appending_one_by_one_gives_the_tree_of_the_definition() {
    let all = leaves(130);
    let mut frontier = Frontier::default();
    for n in 0..=all.len() {
        assert_eq!(frontier.root(), naive(&all[..n]), "{n} leaves");
        assert_eq!(root_of(&all[..n]), naive(&all[..n]));
        let stored = minicbor::to_vec(&frontier).unwrap();
        frontier = minicbor::decode(&stored).unwrap();
        if let Some(leaf) = all.get(n) {
            frontier.append(*leaf);
        }
    }
    assert!(frontier.peaks.len() <= 8, "one hash a bit, not one a leaf");
}

#[test]
fn every_leaf_is_proven_in_its_place_and_in_no_other() {
    let all = leaves(33);
    for n in 1..=all.len() {
        let tree = tree(&all[..n]);
        for index in 0..n {
            let proof = inclusion_proof(&all[..n], index).unwrap();
            assert!(
                verify_inclusion(&all[index], index as u64, tree, &proof),
                "{index} of {n}"
            );
            for other in (0..n).filter(|other| *other != index) {
                assert!(!verify_inclusion(&all[other], index as u64, tree, &proof));
            }
            let elsewhere = (index + 1) as u64;
            assert!(!verify_inclusion(&all[index], elsewhere, tree, &proof));
            assert_damage_shows(&proof, |p| {
                verify_inclusion(&all[index], index as u64, tree, p)
            });
        }
        assert_eq!(inclusion_proof(&all[..n], n), Err(ProofError));
    }
}

#[test]
fn sec_t20_a_log_that_only_grew_is_proven_and_a_rewritten_one_is_not() {
    let all = leaves(33);
    for new in 0..=all.len() {
        for old in 0..=new {
            let proof = consistency_proof(&all[..new], old).unwrap();
            let (old_tree, new_tree) = (tree(&all[..old]), tree(&all[..new]));
            assert!(
                verify_consistency(old_tree, new_tree, &proof),
                "{old} to {new}"
            );
            assert_damage_shows(&proof, |p| verify_consistency(old_tree, new_tree, p));
            if old == 0 {
                continue;
            }
            let mut rewritten = all[..new].to_vec();
            rewritten[old - 1] = leaf_hash(LeafKind::Deletion, &Hash::of_file(b"other"));
            let honest_old = tree(&all[..old]);
            let forged = consistency_proof(&rewritten, old).unwrap();
            assert!(!verify_consistency(honest_old, tree(&rewritten), &forged));
            assert!(!verify_consistency(honest_old, tree(&rewritten), &proof));
        }
        assert_eq!(consistency_proof(&all[..new], new + 1), Err(ProofError));
    }
    assert!(
        !verify_consistency(tree(&all), tree(&all[..5]), &[]),
        "a log never shrinks"
    );
}

#[test]
fn growth_is_proven_from_the_edge_as_it_is_from_all_leaves() {
    let all = leaves(70);
    let mut frontier = Frontier::default();
    for old in 0..all.len() {
        for new in old..=all.len() {
            let whole = consistency_proof(&all[..new], old).unwrap();
            assert_eq!(
                growth_proof(&frontier, &all[old..new]),
                whole,
                "{old} {new}"
            );
        }
        frontier.append(all[old]);
    }
}

#[test]
fn a_leaf_of_one_kind_is_not_a_leaf_of_another_nor_a_node() {
    let id = Hash::of_file(b"id");
    assert_ne!(
        leaf_hash(LeafKind::Query, &id),
        leaf_hash(LeafKind::Export, &id)
    );
    let plain: Vec<u8> = [&b"\0query\n"[..], id.as_bytes()].concat();
    assert_eq!(leaf_hash(LeafKind::Query, &id), Hash::of_file(&plain));
}

#[test]
fn a_checkpoint_signed_for_one_state_does_not_vouch_for_another() {
    use crate::file::chain::{DeviceSigner as _, SoftwareSigner};
    let server = SoftwareSigner::from_secret(&[4; 32]);
    let mut frontier = Frontier::default();
    frontier.append(leaves(1)[0]);
    let checkpoint = Checkpoint::of(&frontier, AtMs(1_772_380_800_000));
    let signature = data_encoding::HEXLOWER.encode(&server.sign(&checkpoint.message()));
    assert!(checkpoint.verify(&server.public_key(), &signature).is_ok());
    let later = Checkpoint {
        at: AtMs(checkpoint.at.0 + 1),
        ..checkpoint
    };
    assert!(later.verify(&server.public_key(), &signature).is_err());
    let longer = Checkpoint {
        size: 2,
        ..checkpoint
    };
    assert!(longer.verify(&server.public_key(), &signature).is_err());
}

/// A proof that is cut, longer, or changed in one hash must fail.
fn assert_damage_shows(proof: &[Hash], verifies: impl Fn(&[Hash]) -> bool) {
    let longer = [proof, &[Hash::of_file(b"more")]].concat();
    assert!(!verifies(&longer));
    if let Some((_, shorter)) = proof.split_last() {
        assert!(!verifies(shorter));
    }
    for index in 0..proof.len() {
        let mut changed = proof.to_vec();
        changed[index] = Hash::of_file(b"changed");
        assert!(!verifies(&changed));
    }
}

#[test]
fn a_kept_tree_gives_the_proofs_and_the_root_of_its_leaves() {
    for size in 0..=70 {
        let leaves = leaves(size);
        let kept = Tree::over(leaves.clone());
        assert_eq!(kept.root(), naive(&leaves), "{size} leaves");
        for index in 0..size {
            let proof = kept.inclusion_proof(index).unwrap();
            assert_eq!(proof, inclusion_proof(&leaves, index).unwrap());
        }
        assert_eq!(kept.inclusion_proof(size), Err(ProofError));
    }
}
