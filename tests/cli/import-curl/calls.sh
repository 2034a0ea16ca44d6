# copied from the browser
curl 'http://localhost/items/7' -H 'accept: application/json' -H 'sec-ch-ua: "x"' -H "Authorization: Bearer $SHOP_TOKEN" --compressed
curl -X POST http://localhost/items \
  --json $'{"name":"it\'s a chair","price":12}' -u me:0pen-sesame
curl http://localhost/items/7 --digest
curl http://localhost/items/$(date)
wget http://localhost/items/7
