"""The public Olist files through the whole road; what is expected was worked out by hand.

Seven orders under the published headers: one with two items and two payments; one bought in the
hour that came twice when summer time ended (23:30 of 17 February 2018); one on its way, without a
payment; one cancelled, without items. And what else the published files are known for: a cancelled
order with a day of delivery, a delivered one without one and without a payment, an unavailable one
without items, a voucher of nothing, a payment in no instalments, a review of two orders, two
reviews of an order, messages with line ends, quotes and emoji, products without category, of
weight 0 or of a category that has no translation, a byte order mark, postal prefixes in quotes or
without their zero, points that repeat, lie abroad, or have no customer.
"""

from pathlib import Path

from tests.e2e.test_whole_road import environ_of, run

FILES = {
    "olist_orders_dataset.csv": """\
order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,\
order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date
o1,c1,delivered,2017-10-02 10:56:33,2017-10-02 11:07:15,2017-10-04 19:55:00,\
2017-10-10 21:25:13,2017-10-18 00:00:00
o2,c2,delivered,2018-02-17 23:30:00,2018-02-18 09:00:00,2018-02-19 10:00:00,\
2018-03-11 18:11:00,2018-03-09 00:00:00
o3,c3,shipped,2018-07-24 20:41:37,2018-07-26 03:24:27,2018-07-26 14:31:00,,2018-08-13 00:00:00
o4,c4,canceled,2018-08-08 08:38:49,,,,2018-09-04 00:00:00
o5,c5,canceled,2018-08-20 09:00:00,2018-08-20 09:10:00,2018-08-21 10:00:00,\
2018-08-25 16:00:00,2018-08-24 00:00:00
o6,c6,delivered,2018-08-21 09:00:00,2018-08-21 09:10:00,2018-08-21 08:00:00,,2018-09-04 00:00:00
o7,c7,unavailable,2018-08-22 09:00:00,2018-08-22 09:10:00,,,2018-09-04 00:00:00
""",
    "olist_order_items_dataset.csv": """\
order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value
o1,1,p1,s1,2017-10-06 11:07:15,29.99,8.72
o1,2,p1,s1,2017-10-06 11:07:15,29.99,8.72
o2,1,p2,s2,2018-02-22 09:00:00,118.70,22.76
o3,1,p2,s2,2018-07-30 03:24:27,159.9,0.00
o5,1,p3,s1,2018-08-24 09:10:00,100.00,10.00
o6,1,p4,s2,2018-08-25 09:10:00,200.00,20.00
""",
    "olist_order_payments_dataset.csv": """\
order_id,payment_sequential,payment_type,payment_installments,payment_value
o1,1,credit_card,1,18.12
o1,2,voucher,1,59.30
o2,1,boleto,1,141.46
o4,1,not_defined,1,0.00
o2,2,voucher,1,0.00
o5,1,credit_card,0,110.00
o7,1,voucher,1,35.00
""",
    "olist_order_reviews_dataset.csv": """\
review_id,order_id,review_score,review_comment_title,review_comment_message,\
review_creation_date,review_answer_timestamp
r1,o1,4,,"Correto
e em boas condições.",2017-10-11 00:00:00,2017-10-12 03:43:48
r2,o2,1,atrasou,,2018-03-01 00:00:00,2018-03-02 10:26:53
r2,o5,1,atrasou,,2018-03-01 00:00:00,2018-03-02 10:26:53
r3,o6,5,,"Disse ""ótimo""; chegou, e
\r
nada 😀 faltou",2018-09-02 00:00:00,2018-09-02 10:00:00
r4,o6,3,,,2018-09-03 00:00:00,2018-09-03 10:00:00
r5,o7,9,,,2018-09-03 00:00:00,2018-09-03 10:00:00
""",
    "olist_customers_dataset.csv": """\
customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state
c1,u1,03149,sao paulo,SP
c2,u2,47813,barreiras,BA
c3,u1,75265,vianopolis,GO
c4,u4,01000,sao paulo,SP
c5,u5,"01310",sao paulo,SP
c6,u6,1310,sao paulo,SP
c7,u7,99999,"santana d'oeste",SP
""",
    "olist_geolocation_dataset.csv": """\
geolocation_zip_code_prefix,geolocation_lat,geolocation_lng,geolocation_city,geolocation_state
3149,-23.5783,-46.5807,sao paulo,SP
3149,-23.5783,-46.5807,sao paulo,SP
3149,-23.5801004,-46.5795,são paulo,SP
3149,-23.5791,-46.5811,sao paulo,sp
3149,41.1,-8.6,sao paulo,SP
47813,-12.1439,-44.9968,barreiras,BA
75265,28.0,-15.5,vianopolis,GO
"01310",-23.56500000000001,-46.65500000000002,sao paulo,SP
"01310",-23.561,-46.652,* cidade,SP
13450,-22.75,-47.41,santa bárbara d%26apos%3boeste,SP
""",
    "olist_products_dataset.csv": """\
product_id,product_category_name,product_name_lenght,product_description_lenght,\
product_photos_qty,product_weight_g,product_length_cm,product_height_cm,product_width_cm
p1,utilidades_domesticas,40,268,4,500,19,8,13
p2,,,,,,,,
p3,pc_gamer,40,268,1,900,19,8,13
p4,utilidades_domesticas,40,268,1,0,19,8,13
""",
    "olist_sellers_dataset.csv": """\
seller_id,seller_zip_code_prefix,seller_city,seller_state
s1,09350,maua,SP
s2,31570,belo horizonte,MG
""",
    "product_category_name_translation.csv": """\
\ufeffproduct_category_name,product_category_name_english
utilidades_domesticas,housewares
""",
}

ORDERS = """
select
    order_id, purchased_at, purchase_date_br, delivered_date_br, is_late, item_count, gmv_brl,
    order_total_brl, payments_brl, review_score
from local_curated.fct_orders order by order_id
"""
ACCOUNTED = """
select
    batches.feed, batches.read_count, batches.rejected_count, counted.row_count
from local_ops.batches as batches
inner join (
    select 'orders' as feed, count(*) as row_count from local_curated.fct_orders
    union all
    select 'order_items', count(*) from local_curated.fct_order_items
    union all
    select 'payments', count(*) from local_curated.fct_payments
    union all
    select 'reviews', count(*) from local_curated.fct_reviews
) as counted on batches.feed = counted.feed
order by 1
"""
REJECTED = "select feed, rule, column_name, value from local_ops.rejected_rows order by 1"
REVIEWS = "select review_id, order_id, review_score from local_curated.fct_reviews order by 1, 2"
HOMES = """
select orders.order_id, customers.state, customers.city
from local_curated.fct_orders as orders
inner join local_curated.dim_customers as customers
    on orders.customer_key = customers.customer_key
order by orders.order_id
"""
DAYS = """
select purchase_date_br, gmv_brl, late_count from local_curated.agg_sales_daily order by 1
"""
PLACES = """
select zip_code_prefix, latitude, longitude, city, state, point_count
from local_integration.int_geolocation order by 1
"""
PRODUCTS = "select product_id, category_name_en from local_curated.dim_products order by 1"


def test_demo__olist_files__every_figure_is_what_the_files_say(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for name, text in FILES.items():
        (files / name).write_text(text, encoding="utf-8")
    environ = environ_of(tmp_path)
    answer = run(environ, "lakehouse", "demo", "--from", str(files))
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "50 rows read = 48 in raw + 2 refused with a reason" in answer.stdout

    def lines(query: str) -> list[str]:
        """The rows of an answer as lines of CSV, without quotes."""
        told = run(environ, "local-athena", "sql", "--format", "csv", query)
        assert told.returncode == 0, told.stderr
        return told.stdout.replace('"', "").splitlines()[1:]

    # São Paulo is at -03:00, in summer time at -02:00; summer time of 2017 began on 15 October.
    assert lines(ORDERS) == [
        "o1,2017-10-02 13:56:33.000000,2017-10-02,2017-10-10,false,2,59.98,77.42,77.42,4",
        "o2,2018-02-18 01:30:00.000000,2018-02-17,2018-03-11,true,1,118.70,141.46,141.46,1",
        "o3,2018-07-24 23:41:37.000000,2018-07-24,,false,1,159.90,159.90,0.00,",
        "o4,2018-08-08 11:38:49.000000,2018-08-08,,false,0,0.00,0.00,0.00,",
        "o5,2018-08-20 12:00:00.000000,2018-08-20,2018-08-25,true,1,0.00,110.00,110.00,1",
        "o6,2018-08-21 12:00:00.000000,2018-08-21,,false,1,200.00,220.00,0.00,3",
        "o7,2018-08-22 12:00:00.000000,2018-08-22,,false,0,0.00,0.00,35.00,",
    ]
    assert lines(ACCOUNTED) == [
        "order_items,6,0,6",
        "orders,7,0,7",
        "payments,7,0,7",
        "reviews,6,1,5",
    ]
    assert lines(REJECTED) == [
        "geolocation,duplicate_row,,",
        "reviews,maximum,review_score,9",
    ]
    assert lines(REVIEWS) == ["r1,o1,4", "r2,o2,1", "r2,o5,1", "r3,o6,5", "r4,o6,3"]
    # A person of two accounts lives where the later order went.
    homes = [
        "o1,GO,vianopolis",
        "o2,BA,barreiras",
        "o3,GO,vianopolis",
        "o4,SP,sao paulo",
        "o5,SP,sao paulo",
        "o6,SP,sao paulo",
        "o7,SP,santana d'oeste",
    ]
    assert lines(HOMES) == homes
    assert lines(DAYS) == [
        "2017-10-02,59.98,0",
        "2018-02-17,118.70,1",
        "2018-07-24,159.90,0",
        "2018-08-08,0.00,0",
        "2018-08-20,0.00,1",
        "2018-08-21,200.00,0",
        "2018-08-22,0.00,0",
    ]
    # Of three points inside of Brazil the middle one of each axis; of one outside none.
    assert lines(PLACES) == [
        "01310,-23.565000,-46.655000,* cidade,SP,2",
        "03149,-23.579100,-46.580700,sao paulo,SP,3",
        "13450,-22.750000,-47.410000,santa bárbara d%26apos%3boeste,SP,1",
        "47813,-12.143900,-44.996800,barreiras,BA,1",
        "75265,,,vianopolis,GO,0",
    ]
    assert lines(PRODUCTS) == ["p1,housewares", "p2,", "p3,", "p4,housewares"]

    again = run(environ, "lakehouse", "demo", "--from", str(files))
    assert again.returncode == 0, again.stdout + again.stderr
    assert "unchanged" in again.stdout
    assert lines(HOMES) == homes
